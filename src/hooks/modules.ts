import { Hook } from 'require-in-the-middle'
import { diag } from '../diag/diag.js'
import { hookBundled } from './bundled.js'
import { hookImport } from './import.js'

/** A module that the program has just loaded, before it sees it. */
export interface LoadedModule {
  /** As hooked: a package, a file in one, or a built-in. */
  readonly name: string
  /** The package's folder; undefined for a built-in, and for a module in a bundle. */
  readonly folder: string | undefined
  /** Of the package, where it is known without a look at its folder. */
  readonly version?: string
  /** `module.exports` of a CommonJS module or built-in, the namespace of an ES module. */
  readonly exports: unknown
}

/** Returns what the program is to get instead of `exports`; undefined leaves it. May throw: it is said, and the program gets the original. */
export type LoadListener = (loaded: LoadedModule) => unknown

/** Calls `listener` for each of the modules `names` that the program requires or imports from now on. Once only. */
export function hookModules(names: readonly string[], listener: LoadListener): void {
  if (names.length === 0) return
  const call = once(listener)
  new Hook(
    [...names],
    (exports, name, folder) => (call({ name, folder: folder ?? undefined, exports }) ?? exports) as typeof exports,
  )
  hookImport(names, call)
  hookBundled(call)
}

/** The same exports come by `require` and by `import`, and from each importer: they are patched once. */
function once(listener: LoadListener): LoadListener {
  const results = new WeakMap<object, unknown>()
  return (loaded) => {
    const { exports, name } = loaded
    if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return undefined
    if (results.has(exports)) return results.get(exports)
    try {
      const replaced = listener(loaded)
      results.set(exports, replaced)
      if (typeof replaced === 'object' && replaced !== null) results.set(replaced, replaced)
      else if (typeof replaced === 'function') results.set(replaced, replaced)
      return replaced
    } catch (error) {
      results.set(exports, undefined)
      diag.warnOnce(`hook ${name}`, `${name} could not be patched and is left as it is: ${error}`)
      return undefined
    }
  }
}
