import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { diag } from '../diag/diag.js'

/** A module that the program has just loaded, before it sees it. */
export interface LoadedModule {
  /** As hooked: a package, a file in one, or a built-in. */
  readonly name: string
  /** The package's folder; undefined for a built-in. */
  readonly folder: string | undefined
  /** `module.exports` of a CommonJS module or built-in, the namespace of an ES module. */
  readonly exports: unknown
}

/** Returns what the program is to get instead of `exports`; undefined leaves it. May throw: it is said, and the program gets the original. */
export type LoadListener = (loaded: LoadedModule) => unknown

type RequireHook = new (
  modules: string[],
  listener: (exports: unknown, name: string, folder: string | undefined) => unknown,
) => unknown

type ImportHook = new (
  modules: string[],
  listener: (namespace: Namespace, name: string, folder: string | undefined, format?: string) => void,
) => unknown

type Namespace = Record<string, unknown>

interface RegisterHooks {
  register(options: { include: string[] }): void
  supportsSyncHooks(): boolean
}

// Required, not imported, so that only what this Node line needs is loaded and nothing is awaited:
// `--require` cannot wait.
const require = createRequire(import.meta.url)

/** Calls `listener` for each of the modules `names` that the program requires or imports from now on. */
export function hookModules(names: readonly string[], listener: LoadListener): void {
  if (names.length === 0) return
  const call = once(listener)
  hookRequire([...names], call)
  hookImport([...names], call)
}

function hookRequire(names: string[], call: LoadListener): void {
  const { Hook } = require('require-in-the-middle') as { Hook: RequireHook }
  new Hook(names, (exports, name, folder) => call({ name, folder, exports }) ?? exports)
}

function hookImport(names: string[], call: LoadListener): void {
  const { Hook } = require('import-in-the-middle') as { Hook: ImportHook }
  const include = [...names]
  const { supportsSyncHooks } = require('import-in-the-middle/supports-sync-hooks.mjs') as RegisterHooks
  if (supportsSyncHooks()) {
    const { register } = require('import-in-the-middle/register-hooks.mjs') as RegisterHooks
    register({ include })
  } else {
    // Runs the loader on a thread of its own. The list goes along, so there is no message to wait for.
    const { register } = require('node:module') as typeof import('node:module')
    register('import-in-the-middle/hook.mjs', import.meta.url, { data: { include } })
  }
  new Hook(names, (namespace, name, folder, format) => {
    const isEsm = format === 'module' || format === 'module-typescript'
    const exports = isEsm ? namespace : (namespace.default ?? namespace)
    const replaced = call({ name, folder, exports })
    if (replaced !== undefined && replaced !== exports) replaceExports(namespace, exports, replaced)
  })
}

/** An importer of a CommonJS module sees `default`, and names copied from it. */
function replaceExports(namespace: Namespace, exports: unknown, replaced: unknown): void {
  for (const key of Object.keys(namespace)) {
    if (namespace[key] === exports) namespace[key] = replaced
    else if (key in (replaced as Namespace) && (exports as Namespace)[key] === namespace[key]) {
      namespace[key] = (replaced as Namespace)[key]
    }
  }
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

/** The version in the `package.json` of a package's folder; undefined when there is none to read. */
export function packageVersion(folder: string): string | undefined {
  try {
    const { version } = require(`${folder}/package.json`) as { version?: unknown }
    return typeof version === 'string' ? version : undefined
  } catch {
    const parent = dirname(folder)
    return parent === folder || parent.endsWith('node_modules') ? undefined : packageVersion(parent)
  }
}

/** Whether `version` is in `range`, prereleases included. */
export function versionMatches(version: string, range: string): boolean {
  const { satisfies } = require('semver') as typeof import('semver')
  return satisfies(version, range, { includePrerelease: true })
}
