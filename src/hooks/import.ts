import * as nodeModule from 'node:module'
import { createRequire, isBuiltin, register } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { LoadListener } from './modules.js'

type Namespace = Record<string, unknown>

type ImportHook = new (
  modules: string[],
  listener: (namespace: Namespace, name: string, folder: string | undefined, format?: string) => void,
) => unknown

interface ResolveContext {
  readonly conditions: readonly string[]
}

type Resolve = (specifier: string, context: ResolveContext, next: Resolve) => unknown
type Load = (url: string, context: object, next: Load) => unknown

/** What `import-in-the-middle` makes of modules, in the thread of the program. */
interface Wrapper {
  resolveSync: Resolve
  loadSync: Load
  applyOptions(options: { include: string[] }): void
}

const { registerHooks } = nodeModule as typeof nodeModule & {
  registerHooks?: (hooks: { resolve?: Resolve; load?: Load }) => void
}
const require = createRequire(import.meta.url)

const { supportsSyncHooks } = require('import-in-the-middle/supports-sync-hooks.mjs') as {
  supportsSyncHooks(): boolean
}

/** Whether a built-in is heard of whenever the program first asks for it; on older lines not by each `import`. */
export const hearsBuiltins: boolean = registerHooks !== undefined && supportsSyncHooks()

/** Calls `listener` for each of the modules `names` that the program imports from now on. */
export function hookImport(names: readonly string[], listener: LoadListener): void {
  if (registerHooks !== undefined && hearsBuiltins) hookHere(registerHooks, [...names], listener)
  else hookInThread([...names], listener)
}

/**
 * `import-in-the-middle` is heavy to load (10 to 15 ms), and many programs never import one of the
 * packages: these hooks wait for the first of them and only then wake it. Built-ins need no wrapper,
 * for they are patched in place: they are handed over when they are first asked for.
 */
function hookHere(
  registerHooks: (hooks: { resolve?: Resolve; load?: Load }) => void,
  names: string[],
  listener: LoadListener,
): void {
  const packages = new Set(names.filter((name) => !isBuiltin(name)))
  const builtins = new Set(names.filter((name) => isBuiltin(name)))
  let wrapper: Wrapper | undefined
  registerHooks({
    resolve: (specifier, context, next) => {
      if (builtins.size !== 0 && isBuiltin(specifier)) {
        const name = specifier.replace(/^node:/, '')
        if (builtins.delete(name)) {
          listener({ name, folder: undefined, exports: process.getBuiltinModule(name as 'http') })
        }
      }
      if (wrapper === undefined) {
        if (!packages.has(specifier) || context.conditions.includes('require')) return next(specifier, context, next)
        wrapper = wakeWrapper([...packages], listener)
        // Now, for with a hook for sources Node reads all modules in another, slower way.
        registerHooks({ load: wrapper.loadSync })
      }
      return wrapper.resolveSync(specifier, context, next)
    },
  })
}

function wakeWrapper(names: string[], listener: LoadListener): Wrapper {
  const path = require.resolve('import-in-the-middle/register-hooks.mjs')
  const { createHook } = require('import-in-the-middle/create-hook.mjs') as {
    createHook(meta: { url: string }): Wrapper
  }
  // As register-hooks.mjs does it: the URL is where the wrapped modules find their runtime.
  const wrapper = createHook({ url: pathToFileURL(path).href })
  wrapper.applyOptions({ include: [...names] })
  listen(names, listener)
  return wrapper
}

/** Older lines run the loader on a thread of its own. The list goes along, so there is no message to wait for. */
function hookInThread(names: string[], listener: LoadListener): void {
  register('import-in-the-middle/hook.mjs', import.meta.url, { data: { include: [...names] } })
  listen(names, listener)
}

function listen(names: string[], listener: LoadListener): void {
  const { Hook } = require('import-in-the-middle') as { Hook: ImportHook }
  new Hook(names, (namespace, name, folder, format) => {
    const isEsm = format === 'module' || format === 'module-typescript'
    const exports = isEsm ? namespace : (namespace.default ?? namespace)
    const replaced = listener({ name, folder, exports })
    if (replaced !== undefined && replaced !== exports) replaceExports(namespace, exports, replaced)
    else if (folder === undefined) renewNames(namespace, exports as Namespace)
  })
}

/** The names of a built-in are copies of its properties, taken before it was patched. */
function renewNames(namespace: Namespace, exports: Namespace): void {
  for (const key of Object.keys(namespace)) {
    if (key in exports && namespace[key] !== exports[key]) namespace[key] = exports[key]
  }
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
