import type { AnyFunction } from './wrap.js'

type Instead = (original: AnyFunction, args: unknown[]) => unknown

/**
 * Has `instead` called once in the place of an object's method, with that and its arguments, after which the object is
 * as it was.
 *
 * @returns what undoes it
 */
export function shadow<Method extends string>(
  object: Record<Method, AnyFunction>,
  method: Method,
  instead: Instead,
): () => void {
  const restore = cover(object, method, (original, args) => {
    restore()
    return instead(original, args)
  })
  return restore
}

/**
 * The same for each call, until it is undone. Where others have put something of theirs on top meanwhile, it stays below
 * that, and only calls the original from then on.
 */
export function cover<Method extends string>(
  object: Record<Method, AnyFunction>,
  method: Method,
  instead: Instead,
): () => void {
  const original = object[method]
  const own = Object.getOwnPropertyDescriptor(object, method)
  let isUndone = false
  const value: AnyFunction = function (...args) {
    return isUndone ? original.apply(this, args) : instead(original.bind(this), args)
  }
  Object.defineProperty(object, method, { value, writable: true, configurable: true })
  return () => {
    isUndone = true
    if (object[method] !== value) return
    if (own === undefined) Reflect.deleteProperty(object, method)
    else Object.defineProperty(object, method, own)
  }
}
