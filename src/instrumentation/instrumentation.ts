import type { Kit } from './kit.js'

/** What the agent knows of a library: data, from which also flags, hooks and documentation are made. */
export interface Instrumentation {
  /** Short name, as in `OTEL_NODE_ENABLED_INSTRUMENTATIONS`; the scope of its spans is `autospan/<name>`. */
  readonly name: string
  /** One line for the documentation: what is traced. */
  readonly about: string
  /** Modules to patch when the program loads them. */
  readonly modules?: readonly ModulePatch[]
  /** Called once at start, for sources that need no module: diagnostics channels. */
  readonly subscribe?: (kit: Kit) => void
}

export interface ModulePatch {
  /** The name that programs import: a package, a file in it (`pg/lib/client.js`), or a built-in without `node:`. */
  readonly module: string
  /** Tested versions, a semver range; left out for built-ins. */
  readonly versions?: string
  /** A built-in that is patched at start, loaded or not: where waiting for the program's import would cost more. */
  readonly atStart?: boolean
  /**
   * Patches the module's exports in place, or returns what to hand out instead. A throw leaves the
   * module as it is and is said once. `version` is the package's, where it has one.
   */
  // biome-ignore lint/suspicious/noExplicitAny: a module's exports are not ours to type.
  readonly patch: (exports: any, kit: Kit, version: string | undefined) => unknown
}
