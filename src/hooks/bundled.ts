import type { LoadListener } from './modules.js'

/** Where modules in a bundle find the agent; see src/bundlers. */
const BUNDLED: unique symbol = Symbol.for('autospan.bundled')

type HandOver = (exports: unknown, name: string, version: string) => unknown

/** Calls `listener` for each module that a plugin of the agent's has had a bundler inline. */
export function hookBundled(listener: LoadListener): void {
  const handOver: HandOver = (exports, name, version) =>
    listener({ name, folder: undefined, version, exports }) ?? exports
  Object.defineProperty(globalThis, BUNDLED, { value: handOver, configurable: true })
}
