import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'
import { diag } from '../diag/diag.js'
import type { CommonJsModule } from './commonjs.js'

interface ResolveContext {
  readonly conditions: readonly string[]
  readonly parentURL?: string
}

interface Resolved {
  readonly url: string
  readonly format?: string | null
  readonly shortCircuit?: boolean
}

interface LoadContext {
  readonly conditions?: readonly string[]
}

interface Source {
  readonly format?: string | null
  readonly source?: string | NodeJS.ArrayBufferView | ArrayBuffer | null
}

interface Hooks {
  resolve?(
    specifier: string,
    context: ResolveContext,
    next: (specifier: string, context: ResolveContext) => Resolved,
  ): Resolved
  load?(url: string, context: LoadContext, next: (url: string, context: LoadContext) => Source): Source
}

/** What is to be heard of modules that the program imports. */
export interface ImportListener {
  /** A specifier that is asked for, by `import` or `require`. */
  asked(specifier: string): void
  /** Whether it is worth asking for the file of a URL, which takes longer to make than to answer. */
  mayBeWanted(url: string): boolean
  /** Whether to tell when the file has been evaluated. */
  wanted(path: string): boolean
  /** An ES module has been evaluated. */
  imported(path: string, namespace: unknown): void
  /** A CommonJS module has been evaluated, which Node.js has not loaded in the usual way. */
  loaded(module: CommonJsModule): void
}

const { registerHooks } = nodeModule as typeof nodeModule & { registerHooks?: (hooks: Hooks) => void }

const [major = 0, minor = 0, patch = 0] = process.versions.node.split('.').map(Number)

/**
 * Whether imports are heard of, by `module.registerHooks`: before 22.22.3, 24.11.1 and 25.1 its hooks
 * refuse what they themselves pass on for CommonJS modules. `module.register`, which older lines have,
 * makes programs of many ES modules load two to three times as long, and is not used.
 *
 * Nor where modules may be evaluated by `node:vm`: vitest's pools for that pass conditions to `require.resolve`, which
 * Node.js forgets where there are hooks.
 */
export const hearsImports: boolean =
  registerHooks !== undefined &&
  !process.execArgv.includes('--experimental-vm-modules') &&
  (major >= 26 ||
    (major === 25 && minor >= 1) ||
    (major === 24 && (minor > 11 || (minor === 11 && patch >= 1))) ||
    (major === 22 && (minor > 22 || (minor === 22 && patch >= 3))))

/** Where the modules themselves say that they have been evaluated. */
const EVALUATED: unique symbol = Symbol.for('autospan.evaluated')
/** By this a module imports itself: its own URL would be resolved anew by other loaders, perhaps to another. */
const SELF = 'autospan:self'

/** Hears of modules as the program imports them. A hooked ES module tells itself when it has been evaluated. */
export function hookImports(listener: ImportListener): void {
  if (registerHooks === undefined || !hearsImports) {
    diag.debug(
      'this release of Node.js does not tell of ES modules: a library that has no CommonJS behind them is not patched',
    )
    return
  }
  let isLoadHooked = false
  const evaluated = (url: string | undefined, namespace: unknown, module: CommonJsModule | undefined): void => {
    if (module !== undefined) listener.loaded(module)
    else if (url !== undefined) listener.imported(pathOf(url) ?? url, namespace)
  }
  Object.defineProperty(globalThis, EVALUATED, { value: evaluated, configurable: true, writable: true })

  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === SELF && context.parentURL !== undefined) {
        return { url: context.parentURL, format: 'module', shortCircuit: true }
      }
      listener.asked(specifier)
      const resolved = next(specifier, context)
      // With a hook of this kind Node.js reads and hands over each source, so it comes with the first that needs it.
      if (!isLoadHooked && !context.conditions.includes('require') && isWanted(resolved.url)) {
        isLoadHooked = true
        registerHooks({ load: loadAndTell })
      }
      return resolved
    },
  })

  function isWanted(url: string): boolean {
    if (!listener.mayBeWanted(url)) return false
    const path = pathOf(url)
    return path !== undefined && listener.wanted(path)
  }

  function loadAndTell(url: string, context: LoadContext, next: (url: string, context: LoadContext) => Source): Source {
    const loaded = next(url, context)
    if (context.conditions?.includes('require') || !isWanted(url)) return loaded
    const { format, source } = loaded
    // Without a source Node.js loads CommonJS modules as if they were required, which is heard there.
    if (source === undefined || source === null) return loaded
    const end = endOf(format, url)
    if (end === undefined) return loaded
    // Lines behind the last one, so that no position in the source changes.
    return { ...loaded, source: `${typeof source === 'string' ? source : new TextDecoder().decode(source)}\n${end}\n` }
  }
}

/** What a module is to do when all else is done; undefined where it cannot. */
function endOf(format: string | null | undefined, url: string): string | undefined {
  const tell = "globalThis[Symbol.for('autospan.evaluated')]?."
  if (format?.startsWith('commonjs')) return `;${tell}(undefined, undefined, module)`
  if (!format?.startsWith('module') || !canImportItself()) return undefined
  return `import * as autospan$self from '${SELF}'; ${tell}(${JSON.stringify(url)}, autospan$self)`
}

/** Links and queries aside; undefined for what is not a file. */
function pathOf(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined
  try {
    return fileURLToPath(url.replace(/[?#].*$/, ''))
  } catch {
    return undefined
  }
}

/** Node.js 22 fails at a module that imports itself within a graph that is required. */
function canImportItself(): boolean {
  if (major > 22) return true
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = Number.POSITIVE_INFINITY
  const { stack } = new Error()
  Error.stackTraceLimit = stackTraceLimit
  return stack?.includes('ForRequire') !== true
}
