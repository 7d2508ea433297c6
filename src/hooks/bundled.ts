/** Where modules in a bundle find the agent; see src/bundlers. */
const BUNDLED: unique symbol = Symbol.for('autospan.bundled')

type HandOver = (exports: unknown, name: string, version: string) => unknown

/** Calls `listener` for each module that a plugin of the agent's has had a bundler inline; undefined leaves it. */
export function hookBundled(listener: (name: string, version: string, exports: unknown) => unknown): void {
  const handOver: HandOver = (exports, name, version) => listener(name, version, exports) ?? exports
  Object.defineProperty(globalThis, BUNDLED, { value: handOver, configurable: true })
}
