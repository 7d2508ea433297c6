import { subscribe as subscribeTo } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { diag } from '../diag/diag.js'
import { callersHere } from '../diag/stack.js'
import { hookModules, type LoadedModule } from '../hooks/modules.js'
import { versionMatches } from '../hooks/version.js'
import { guard } from './guard.js'
import type { ChannelSource, Heard, Instrumentation, ModulePatch } from './instrumentation.js'
import type { Kit } from './kit.js'

const require = createRequire(import.meta.url)

/** A patch that waits for its module. */
interface Waiting {
  readonly patch: ModulePatch
  readonly kit: Kit
}

/** Starts the instrumentations: listens to channels, and patches modules when they are loaded. */
export function installInstrumentations(
  instrumentations: readonly Instrumentation[],
  makeKit: (name: string) => Kit,
  heard?: Heard,
): void {
  const waiting = new Map<string, Waiting[]>()
  for (const { name, modules = [], channels = [] } of instrumentations) {
    const kit = makeKit(name)
    for (const source of channels) attempt(name, () => listen(source, kit))
    for (const patch of modules) {
      const known = waiting.get(patch.module) ?? []
      waiting.set(patch.module, [...known, { patch, kit }])
    }
  }
  awaitEsModules([...waiting.values()].flat(), heard)
  hookModules([...waiting.keys()], (loaded) => {
    let { exports } = loaded
    for (const one of waiting.get(loaded.name) ?? []) {
      const replacement = apply(one, { ...loaded, exports }, heard)
      if (replacement !== undefined) exports = replacement
    }
    return exports === loaded.exports ? undefined : exports
  })
}

/** @returns what to hand out instead of the module's exports, if anything */
function apply({ patch, kit }: Waiting, loaded: LoadedModule, heard: Heard | undefined): unknown {
  const { version } = loaded
  if (!isTested(patch, version)) {
    heard?.(patch.module, version, `left alone, tested are ${patch.versions}`)
    return undefined
  }
  if (loaded.isLate) tellLate(patch, loaded)
  const replacement = patch.patch(loaded.exports, kit, version)
  heard?.(patch.module, version, undefined)
  diag.debug(`patched ${patch.module} ${version ?? 'of Node.js'}`)
  return replacement
}

/** What is found is patched soon after, before anything can come in. */
function awaitEsModules(waiting: readonly Waiting[], heard: Heard | undefined): void {
  for (const channel of new Set(waiting.flatMap(({ patch }) => patch.asEsModule?.channels ?? []))) {
    const concerned = waiting.filter(({ patch }) => patch.asEsModule?.channels.includes(channel))
    subscribeTo(channel, () => {
      const modules = callersHere().filter((file) => file.startsWith('file:'))
      for (const one of concerned) {
        const { asEsModule, module } = one.patch
        const url = modules.find((file) => asEsModule !== undefined && file.includes(asEsModule.caller))
        if (url !== undefined) attempt(module, () => patchEsModule(one, url, heard))
      }
    })
  }
}

function patchEsModule(one: Waiting, url: string, heard: Heard | undefined): void {
  const { module } = one.patch
  const { findEsModule } = require('./es-modules.js') as typeof import('./es-modules.js')
  findEsModule(module, url)
    .then((loaded) => loaded && apply(one, loaded, heard))
    .catch((error) => tellUnpatched(module, error))
}

function listen(source: ChannelSource, kit: Kit): void {
  const listeners = source.listeners(kit)
  if (diag.isOn('debug')) diag.debug(`hears ${source.module} by ${Object.keys(listeners).join(', ')}`)
  for (const [channel, listener] of Object.entries(listeners)) {
    const hear = (message: unknown): void => {
      if (isTested(source, source.version?.(message))) listener(message)
    }
    const always = source.begins?.includes(channel) === false
    subscribeTo(channel, guard(kit.place(channel, { always }), hear))
  }
}

function attempt(place: string, install: () => unknown): void {
  try {
    install()
  } catch (error) {
    tellUnpatched(place, error)
  }
}

function tellUnpatched(place: string, error: unknown): void {
  diag.warn(`${place} could not be patched and is left as it is: ${error}`)
}

/** What is patched at once, as a built-in, and what has no versions, as the API, is never too late. */
function tellLate({ module, versions }: ModulePatch, { version }: LoadedModule): void {
  if (versions === undefined) return
  diag.warnOnce(
    `late ${module}`,
    `${module} ${version ?? ''} was loaded before autospan heard of it, by an earlier flag or another loader: what it has done up to now is not traced; let autospan's flag be the first`,
  )
}

function isTested({ module, versions }: ModulePatch | ChannelSource, version: string | undefined): boolean {
  if (versions === undefined || version === undefined || versionMatches(version, versions)) return true
  diag.warnOnce(`version ${module} ${version}`, `${module} ${version} is left alone: tested are ${versions}`)
  return false
}
