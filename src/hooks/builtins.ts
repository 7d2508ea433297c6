import { syncBuiltinESMExports } from 'node:module'

/** Small, and not loaded by anybody else: with it Node.js shows whether its list still works as it is used here. */
const PROBE = 'path/win32'

/**
 * Calls `loaded` for each of the built-ins `names`, once and before anybody gets what it exports: at once for those that
 * are there already, for all others when they are loaded, whoever asks for them and by whatever way.
 *
 * Node.js appends each built-in that it has evaluated to `process.moduleLoadList`, a plain array, before it hands the
 * exports to those who asked. A prototype of this list's own hears of it, until all names are there: nothing is added to
 * what a program calls, and nothing else is any slower. Where the list is gone or filled in another way one day, all are
 * loaded at once.
 */
export function hookBuiltins(names: readonly string[], loaded: (name: string) => void): void {
  const { moduleLoadList: list } = process as { moduleLoadList?: string[] }
  // As the global of that name, there before anybody asks for the module.
  const isThere = (name: string): boolean => name === 'console' || list?.includes(entryOf(name)) === true
  const there = names.filter(isThere)
  const awaited = new Map(names.filter((name) => !there.includes(name)).map((name) => [entryOf(name), name]))
  for (const name of there) loaded(name)
  // Who imports them gets what is patched.
  if (there.length > 0) syncBuiltinESMExports()
  if (awaited.size === 0) return
  if (list !== undefined && hearEntries(list, awaited, loaded)) return
  for (const name of awaited.values()) loaded(name)
}

function entryOf(name: string): string {
  return `NativeModule ${name}`
}

/** @returns whether entries are heard of; if not, all is as it was */
function hearEntries(list: string[], awaited: Map<string, string>, loaded: (name: string) => void): boolean {
  const usual = Object.getPrototypeOf(list) as object
  const stop = () => Object.setPrototypeOf(list, usual)
  let isHeard = false
  const set = (_: object, index: string | symbol, entry: unknown, receiver: object): boolean => {
    isHeard = true
    Object.defineProperty(receiver, index, { value: entry, writable: true, enumerable: true, configurable: true })
    const name = awaited.get(entry as string)
    if (name === undefined || !awaited.delete(entry as string)) return true
    if (awaited.size === 0) stop()
    const { length } = list
    loaded(name)
    // Node.js will set the length that it had in mind, and so cut off what has been loaded meanwhile.
    const cutOff = list.slice(length)
    if (cutOff.length > 0) queueMicrotask(() => list.push(...cutOff))
    return true
  }
  Object.setPrototypeOf(list, new Proxy(Object.create(usual) as object, { set }))
  process.getBuiltinModule(PROBE)
  if (!isHeard) stop()
  return isHeard
}
