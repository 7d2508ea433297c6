/**
 * Hears when the program first asks for one of the built-ins. They are patched in place, so it is all
 * the same whether this is told a little early; but too late is too late.
 */
export class AwaitedBuiltins {
  readonly #names: Set<string>
  readonly #asked: (name: string) => void

  /** @param names without `node:` */
  constructor(names: readonly string[], asked: (name: string) => void) {
    this.#names = new Set(names)
    this.#asked = asked
    if (names.length > 0) this.#hookGetBuiltinModule()
  }

  /** To be called with each specifier that the program asks for. */
  hear(specifier: string): void {
    if (this.#names.size === 0) return
    const name = specifier.startsWith('node:') ? specifier.slice('node:'.length) : specifier
    if (this.#names.delete(name)) this.#asked(name)
  }

  /** The one way to a built-in that no loader sees, until all are heard of. */
  #hookGetBuiltinModule(): void {
    const original = process.getBuiltinModule
    const hear = (id: unknown): void => {
      if (typeof id === 'string') this.hear(id)
      if (this.#names.size === 0 && process.getBuiltinModule === wrapper) process.getBuiltinModule = original
    }
    const wrapper = function getBuiltinModule(this: unknown, id: string): unknown {
      hear(id)
      return original.call(this as NodeJS.Process, id)
    } as typeof process.getBuiltinModule
    process.getBuiltinModule = wrapper
  }
}

/**
 * The list is Node's own, of internal modules too; where it is gone one day, the built-in counts as loaded. `console` is
 * there as a global before anybody asks for the module.
 */
export function isLoadedBuiltin(name: string): boolean {
  const { moduleLoadList } = process as { moduleLoadList?: readonly string[] }
  return name === 'console' || moduleLoadList === undefined || moduleLoadList.includes(`NativeModule ${name}`)
}
