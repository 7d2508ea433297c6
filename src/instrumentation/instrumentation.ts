import type { Kit } from './kit.js'

/** What the agent knows of a library: data, from which also flags, hooks and documentation are made. */
export interface Instrumentation {
  /** Short name, as in `OTEL_NODE_ENABLED_INSTRUMENTATIONS`; the scope of its spans is `autospan/<name>`. */
  readonly name: string
  /** Has nothing to trace, only records to send: absent unless `AUTOSPAN_LOG_SOURCES` names it. */
  readonly onlySends?: boolean
  /** One line for the documentation: what is traced. */
  readonly about: string
  /** Modules to patch when the program loads them. */
  readonly modules?: readonly ModulePatch[]
  /** Libraries that publish what they do: to be preferred to a patch where it tells enough. */
  readonly channels?: readonly ChannelSource[]
  /** Measures what goes on without any library; called once, when metrics begin, where there are any. */
  readonly measure?: (kit: Kit) => void
}

/** Is told of each module that is loaded and known: patched, or left alone because of a problem. */
export type Heard = (module: string, version: string | undefined, problem: string | undefined) => void

export interface ModulePatch {
  /** The name that programs import: a package, a file in it (`pg/lib/client.js`), or a built-in without `node:`. */
  readonly module: string
  /** Tested versions, a semver range; left out for built-ins. */
  readonly versions?: string
  /** A text in the module that no other has, and that minifiers keep: by it a copy in a bundle is recognised. */
  readonly telltale?: string
  /** How to find it where its package is ES modules, which are not hooked; only for what may be patched when it is in use. */
  readonly asEsModule?: EsModuleTrace
  /**
   * Patches the module's exports in place, or returns what to hand out instead. A throw leaves the module as it is and is
   * said once. `version` is the package's, where it has one.
   */
  // biome-ignore lint/suspicious/noExplicitAny: a module's exports are not ours to type.
  readonly patch: (exports: any, kit: Kit, version: string | undefined) => unknown
}

/** By what an ES module shows that it has been loaded: a file of its makers calls what publishes on a channel. */
export interface EsModuleTrace {
  /** Of what happens seldom, as that a server begins to listen: each time the stack is looked at. */
  readonly channels: readonly string[]
  /** A part of the URLs of files that call, and from which the module is found as they find it. */
  readonly caller: string
}

/** The diagnostics channels of one library: no module is hooked, and a copy in a bundle is heard too. */
export interface ChannelSource {
  /** The package that publishes. */
  readonly module: string
  /** Tested versions, a semver range. */
  readonly versions?: string
  /** The publisher's version, where its messages tell it: those of other versions are left alone. */
  // biome-ignore lint/suspicious/noExplicitAny: a library's messages are not ours to type.
  readonly version?: (message: any) => string
  /**
   * The channels on which calls begin: not heard while the library is switched off, and the others are, for they
   * prepare for calls or go on with those that have begun. Default: all.
   */
  readonly begins?: readonly string[]
  /** Called once at start: what to do on which channel. A throw is caught where the channel is heard. */
  readonly listeners: (kit: Kit) => Listeners
}

/** What to do with the messages of a channel, by the channel's name. */
// biome-ignore lint/suspicious/noExplicitAny: a library's messages are not ours to type.
export type Listeners<Message = any> = Readonly<Record<string, (message: Message) => void>>
