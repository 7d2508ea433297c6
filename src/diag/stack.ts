/** The stack of the caller: as long as need be, and as Node.js writes it, whatever the program has made of stacks. Throws nothing. */
export function stackHere(): string {
  const own = ['prepareStackTrace', 'stackTraceLimit'].map((key) => [key, Object.getOwnPropertyDescriptor(Error, key)])
  // These fail where it is frozen, and then nobody else has changed it either.
  Reflect.set(Error, 'prepareStackTrace', undefined)
  Reflect.set(Error, 'stackTraceLimit', 10)
  try {
    return String(new Error().stack)
  } catch {
    return ''
  } finally {
    for (const [key, descriptor] of own as [string, PropertyDescriptor | undefined][]) {
      if (descriptor === undefined) Reflect.deleteProperty(Error, key)
      else Reflect.defineProperty(Error, key, descriptor)
    }
  }
}
