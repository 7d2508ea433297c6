import type { AnyFunction } from './wrap.js'

/**
 * Has `instead` called once in the place of an object's method, with that and its arguments, after which the object is
 * as it was.
 *
 * @returns what undoes it
 */
export function shadow<Method extends string>(
  object: Record<Method, AnyFunction>,
  method: Method,
  instead: (original: AnyFunction, args: unknown[]) => unknown,
): () => void {
  const original = object[method]
  const own = Object.getOwnPropertyDescriptor(object, method)
  const value: AnyFunction = function (...args) {
    restore()
    return instead(original.bind(this), args)
  }
  Object.defineProperty(object, method, { value, writable: true, configurable: true })
  return restore

  function restore(): void {
    if (object[method] !== value) return
    if (own === undefined) Reflect.deleteProperty(object, method)
    else Object.defineProperty(object, method, own)
  }
}
