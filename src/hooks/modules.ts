import { isBuiltin } from 'node:module'
import { diag } from '../diag/diag.js'
import { AwaitedBuiltins, isLoadedBuiltin } from './builtins.js'
import { hookBundled } from './bundled.js'
import { type CommonJsModule, hookCommonJs, loadedCommonJs } from './commonjs.js'
import { hearsImports, hookImports } from './es-modules.js'
import { HookedPackages } from './packages.js'

/** A module that the program has just loaded, before it sees it. */
export interface LoadedModule {
  /** As hooked: a package, a file in one, or a built-in. */
  readonly name: string
  /** The package's; undefined for a built-in, and where package.json has none. */
  readonly version: string | undefined
  /** `module.exports` of a CommonJS module or built-in, the namespace of an ES module. */
  readonly exports: unknown
  /** It was loaded before it was hooked: who has it already gets no other exports. */
  readonly isLate: boolean
}

/**
 * Patches `exports` in place, or returns what the program is to get instead, where the module is not an
 * ES module. May throw: it is said, and the program gets the original.
 */
export type LoadListener = (loaded: LoadedModule) => unknown

/**
 * Calls `listener` for each of the modules `names` that the program loads, or has loaded. Once in a process.
 *
 * @returns looks for what was loaded unheard of: on lines where imports are not heard of, CommonJS modules that are
 *   imported through a loader of the program's own which hands their sources over
 */
export function hookModules(names: readonly string[], listener: LoadListener): () => void {
  const call = once(listener)
  const packages = new HookedPackages(names.filter((name) => !isBuiltin(name)))
  const wanted = (path: string): boolean => packages.entryAt(path) !== undefined
  const tell = (path: string, exports: unknown, isLate: boolean): unknown => {
    const entry = packages.entryAt(path)
    return entry && call({ name: entry.name, version: entry.version, exports, isLate })
  }
  const loaded = (module: CommonJsModule, isLate = false): void => {
    const replaced = tell(module.id, module.exports, isLate)
    if (replaced !== undefined) module.exports = replaced
  }
  const tellBuiltin = (name: string): void => {
    call({ name, version: undefined, exports: process.getBuiltinModule(name as 'http'), isLate: isLoadedBuiltin(name) })
  }

  const builtins = names.filter((name) => isBuiltin(name))
  // The rest is patched before the program has a chance to use it.
  const awaited = hearsImports ? builtins.filter((name) => !isLoadedBuiltin(name)) : []
  for (const name of builtins) if (!awaited.includes(name)) tellBuiltin(name)
  for (const module of loadedCommonJs()) loaded(module, true)
  hookCommonJs(wanted, loaded)
  hookBundled((name, version, exports) => call({ name, version, exports, isLate: false }))
  const waiting = new AwaitedBuiltins(awaited, tellBuiltin)
  hookImports({
    asked: (specifier) => waiting.hear(specifier),
    mayBeWanted: (url) => packages.mayBeEntry(url),
    wanted,
    loaded,
    imported: (path, namespace) => {
      if (tell(path, namespace, false) === undefined) return
      diag.warnOnce(`replaced ${path}`, `${path} is an ES module, and what it exports cannot be replaced`)
    },
  })
  return () => {
    if (!hearsImports) for (const module of loadedCommonJs()) loaded(module, true)
  }
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
