import shimmer from 'shimmer'

/** A function of the program or of a library: `this` and arguments are whatever it takes. */
// biome-ignore lint/suspicious/noExplicitAny: the patched functions' types are not ours to know.
export type AnyFunction = (this: any, ...args: any[]) => any

/**
 * Replaces `target[method]` by what `make` returns for the original, and keeps what programs can see
 * of a function: name, length, text, prototype, own properties. Nothing happens when there is no such function.
 *
 * @throws what the property itself throws, when it is frozen or has only a getter.
 */
export function wrapMethod(
  target: object,
  method: string | symbol,
  make: (original: AnyFunction) => AnyFunction,
): void {
  const holder = target as Record<string | symbol, AnyFunction>
  if (typeof holder[method] !== 'function') throw new TypeError(`there is no function ${String(method)} to wrap`)
  shimmer.wrap(holder, method, (original) => disguise(make(original), original))
  hideMarks(holder[method] as object)
}

/** OpenTelemetry's packages take off what bears the marks of shimmer, for they hold it for a patch of their own. */
function hideMarks(wrapped: object): void {
  for (const mark of ['__original', '__unwrap', '__wrapped']) Reflect.deleteProperty(wrapped, mark)
}

/** Makes `wrapper` look like `original` to a program that inspects it. */
function disguise(wrapper: AnyFunction, original: AnyFunction): AnyFunction {
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key)
    const own = Object.getOwnPropertyDescriptor(wrapper, key)
    if (descriptor === undefined || own?.configurable === false) {
      if (own?.writable === true && descriptor !== undefined) Reflect.set(wrapper, key, descriptor.value)
      continue
    }
    Object.defineProperty(wrapper, key, descriptor)
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
