import shimmer from 'shimmer'

/** A function of the program or of a library: `this` and arguments are whatever it takes. */
// biome-ignore lint/suspicious/noExplicitAny: the patched functions' types are not ours to know.
export type AnyFunction = (this: any, ...args: any[]) => any

/**
 * Makes what replaces a method. Where `target` has inherited that, `base` is the object to call it on: who replaces it
 * there later, as `node:domain` does with `emit` of all emitters, is not passed over. Else `base` has the original.
 */
export type MakeWrapper<Method extends string | symbol = string | symbol> = (
  original: AnyFunction,
  base: Readonly<Record<Method, AnyFunction>>,
) => AnyFunction

/**
 * Replaces `target[method]` by what `make` returns for the original, and keeps what programs can see
 * of a function: name, length, text, prototype, own properties. Nothing happens when there is no such function.
 *
 * @throws what the property itself throws, when it is frozen or has only a getter.
 */
export function wrapMethod<Method extends string | symbol>(
  target: object,
  method: Method,
  make: MakeWrapper<Method>,
): void {
  const holder = target as Record<string | symbol, AnyFunction>
  const inherited = holder[method]
  if (typeof inherited !== 'function') throw new TypeError(`there is no function ${String(method)} to wrap`)
  const isOwn = Object.hasOwn(target, method)
  const base = isOwn ? { [method]: inherited } : Object.getPrototypeOf(target)
  shimmer.wrap(holder, method, (original) => disguise(make(original, base), original))
  if (!isOwn && Object.hasOwn(target, 'constructor') && isEnumerable(base, method)) {
    // For the sake of those who walk through an object and what it inherits: `emit` would be missing from requests.
    Object.defineProperty(target, method, { enumerable: true })
  }
  hideMarks(holder[method] as object)
}

/** Of the property that `object` has or inherits. */
function isEnumerable(object: object, key: string | symbol): boolean {
  for (let owner: object | null = object; owner !== null; owner = Object.getPrototypeOf(owner)) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, key)
    if (descriptor !== undefined) return descriptor.enumerable === true
  }
  return false
}

/** OpenTelemetry's packages take off what bears the marks of shimmer, for they hold it for a patch of their own. */
function hideMarks(wrapped: object): void {
  for (const mark of ['__original', '__unwrap', '__wrapped']) Reflect.deleteProperty(wrapped, mark)
}

/** Makes `wrapper` look like `original` to a program that inspects it. */
function disguise(wrapper: AnyFunction, original: AnyFunction): AnyFunction {
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key)
    if (descriptor !== undefined) Reflect.defineProperty(wrapper, key, descriptor)
  }
  if (Object.getPrototypeOf(wrapper) !== Object.getPrototypeOf(original)) {
    Object.setPrototypeOf(wrapper, Object.getPrototypeOf(original))
  }
  if (!Object.hasOwn(original, 'toString')) {
    Object.defineProperty(wrapper, 'toString', {
      value: () => Function.prototype.toString.call(original),
      configurable: true,
      writable: true,
    })
  }
  return wrapper
}
