import { isBuiltin } from 'node:module'
import { diag } from '../diag/diag.js'
import { hookBuiltins } from './builtins.js'
import { hookBundled } from './bundled.js'
import { hookCommonJs, loadedCommonJs } from './commonjs.js'
import { HookedPackages } from './packages.js'

/** A module that the program has just loaded, before it sees it. */
export interface LoadedModule {
  /** As hooked: a package, a file in one, or a built-in. */
  readonly name: string
  /** The package's; undefined for a built-in, and where package.json has none. */
  readonly version: string | undefined
  /** `module.exports`. */
  readonly exports: unknown
  /** It was loaded before it was hooked: who has it already gets no other exports. */
  readonly isLate: boolean
}

/** Patches `exports` in place, or returns what the program is to get instead. May throw: it is said, and the program gets the original. */
export type LoadListener = (loaded: LoadedModule) => unknown

/** Calls `listener` for each of the modules `names` that the program loads, or has loaded. Once in a process. */
export function hookModules(names: readonly string[], listener: LoadListener): void {
  const call = once(listener)
  hookBuiltins(names.filter(isBuiltin), (name) => {
    call({ name, version: undefined, exports: process.getBuiltinModule(name as 'http'), isLate: false })
  })
  const packages = new HookedPackages(names.filter((name) => !isBuiltin(name)))
  const tell = (path: string, exports: unknown, isLate: boolean): unknown => {
    const entry = packages.entryAt(path)
    return entry && call({ name: entry.name, version: entry.version, exports, isLate })
  }
  for (const module of loadedCommonJs()) {
    const replaced = tell(module.id, module.exports, true)
    if (replaced !== undefined) module.exports = replaced
  }
  hookCommonJs(
    (path) => packages.entryAt(path) !== undefined,
    (path, exports) => tell(path, exports, false),
  )
  hookBundled((name, version, exports) => call({ name, version, exports, isLate: false }))
}

/** The same exports may come by more than one way: they are patched once. */
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
