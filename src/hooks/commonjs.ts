import { Module } from 'node:module'

/** A module of Node's CommonJS loader, as far as it concerns us. */
interface CommonJsModule {
  /** The file's path; `.` for the program's entry. */
  readonly id: string
  exports: unknown
  readonly loaded: boolean
}

const { prototype, _cache: cache } = Module as unknown as {
  readonly prototype: object
  readonly _cache: Readonly<Record<string, Partial<CommonJsModule> | undefined>>
}

/** What becomes of `module.exports`; undefined leaves it. */
type Replace = (path: string, exports: unknown) => unknown

/**
 * Calls `loaded` for CommonJS modules that have just been evaluated, before anybody gets what they export: by `require`,
 * by `import`, and by loaders of the program's own. Each evaluation is told, so also those after a deletion from
 * `require.cache`.
 *
 * Node's constructor of modules sets `loaded` to false. Here this is heard, and for those modules only that are `wanted`
 * `exports` becomes an accessor, until it is asked for after the evaluation. No function stands in for one of Node's, and
 * nothing is in the stack while modules load.
 */
export function hookCommonJs(wanted: (path: string) => boolean, loaded: Replace): void {
  Object.defineProperty(prototype, 'loaded', {
    set(this: CommonJsModule, value: unknown) {
      define(this, 'loaded', value)
      if (typeof this.id === 'string' && wanted(this.id)) watch(this, this.id, loaded)
    },
    configurable: true,
  })
}

/** Waits for the first who asks what an evaluated module exports: that is Node.js, before all others. */
function watch(module: CommonJsModule, path: string, loaded: Replace): void {
  let { exports } = module
  Object.defineProperty(module, 'exports', {
    get() {
      if (!module.loaded) return exports
      define(module, 'exports', exports)
      const replaced = unwarned(exports, () => loaded(path, exports))
      if (replaced !== undefined) module.exports = replaced
      return module.exports
    },
    set(value) {
      exports = value
    },
    configurable: true,
    enumerable: true,
  })
}

/**
 * What has been required in a circle, before it was evaluated, has a prototype that warns of each look at what is not
 * there, until Node.js takes it off, soon. For a look of ours nobody is to be warned.
 */
function unwarned<Result>(exports: unknown, look: () => Result): Result {
  const warning = typeof exports === 'object' && exports !== null ? Object.getPrototypeOf(exports) : null
  const isPlain = warning === null || Object.getPrototypeOf(warning) !== Object.prototype
  // It shows no properties, as that of a class does: at least its constructor.
  if (isPlain || Reflect.ownKeys(warning).length > 0) return look()
  const isOff = Reflect.setPrototypeOf(exports as object, Object.prototype)
  try {
    return look()
  } finally {
    if (isOff) Reflect.setPrototypeOf(exports as object, warning)
  }
}

function define(module: object, name: string, value: unknown): void {
  Object.defineProperty(module, name, { value, writable: true, enumerable: true, configurable: true })
}

/** The modules that have been loaded up to now; not what else Node.js and programs put into the cache, as imported JSON. */
export function loadedCommonJs(): CommonJsModule[] {
  return Object.values(cache).filter(isLoadedModule)
}

function isLoadedModule(module: Partial<CommonJsModule> | undefined): module is CommonJsModule {
  return module?.loaded === true && typeof module.id === 'string'
}
