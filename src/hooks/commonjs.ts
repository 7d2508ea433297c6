import { Module } from 'node:module'

/** A module of Node's CommonJS loader, as far as it concerns us. */
export interface CommonJsModule {
  /** The file's path; `.` for the program's entry. */
  readonly id: string
  exports: unknown
  readonly loaded: boolean
}

type Load = (this: CommonJsModule, filename: string) => unknown

const { prototype, _cache: cache } = Module as unknown as {
  readonly prototype: { load: Load }
  readonly _cache: Readonly<Record<string, Partial<CommonJsModule> | undefined>>
}

/**
 * Calls `loaded` for CommonJS modules that have just been evaluated, before any that asked for them
 * goes on: by `require`, and by `import` too, for which Node.js loads them the same way. Each
 * evaluation is told, so also those after a deletion from `require.cache`.
 *
 * `load` becomes an accessor, which is asked before each module is loaded, and hands out a wrapper for
 * those that are `wanted` only: of all other modules neither the call nor the stack is any different.
 */
export function hookCommonJs(wanted: (path: string) => boolean, loaded: (module: CommonJsModule) => void): void {
  let { load } = prototype
  // Stacks tell the function by its place, where an accessor hides it. Node's own has no name.
  if (load.name === '') Object.defineProperty(load, 'name', { value: 'load', configurable: true })
  const loadAndTell = function (this: CommonJsModule, filename: string): unknown {
    const result = load.call(this, filename)
    loaded(this)
    return result
  }
  Object.defineProperty(prototype, 'load', {
    get(this: Partial<CommonJsModule>) {
      return typeof this.id === 'string' && wanted(this.id) ? loadAndTell : load
    },
    // Others wrap it as well.
    set(replaced: Load) {
      load = replaced
    },
    configurable: true,
    enumerable: true,
  })
}

/** The modules that have been loaded up to now; not what else Node.js and programs put into the cache, as imported JSON. */
export function loadedCommonJs(): CommonJsModule[] {
  return Object.values(cache).filter(isLoadedModule)
}

function isLoadedModule(module: Partial<CommonJsModule> | undefined): module is CommonJsModule {
  return module?.loaded === true && typeof module.id === 'string'
}
