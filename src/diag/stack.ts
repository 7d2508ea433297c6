/** The stack of the caller: as long as need be, and as Node.js writes it, whatever the program has made of stacks. Throws nothing. */
export function stackHere(): string {
  const stack = read(undefined)
  return typeof stack === 'string' ? stack : ''
}

/**
 * The files of the callers, the next one first, paths or, of ES modules, URLs: takes a third of the time of `stackHere`,
 * for no places in files have to be found. Throws nothing; tells none where the program has frozen `Error`.
 */
export function callersHere(): string[] {
  const files = read((_error, sites) => sites.map((site) => site.getFileName()))
  return Array.isArray(files) ? files.filter((file) => typeof file === 'string') : []
}

function read(prepare: typeof Error.prepareStackTrace | undefined): unknown {
  const own = ['prepareStackTrace', 'stackTraceLimit'].map((key) => [key, Object.getOwnPropertyDescriptor(Error, key)])
  // These fail where it is frozen, and then nobody else has changed it either.
  Reflect.set(Error, 'prepareStackTrace', prepare)
  Reflect.set(Error, 'stackTraceLimit', 10)
  try {
    return new Error().stack
  } catch {
    return ''
  } finally {
    for (const [key, descriptor] of own as [string, PropertyDescriptor | undefined][]) {
      if (descriptor === undefined) Reflect.deleteProperty(Error, key)
      else Reflect.defineProperty(Error, key, descriptor)
    }
  }
}
