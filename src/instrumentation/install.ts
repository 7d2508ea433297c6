import { subscribe as subscribeTo } from 'node:diagnostics_channel'
import { diag } from '../diag/diag.js'
import { hookModules, type LoadedModule, packageVersion, versionMatches } from '../hooks/modules.js'
import { guard } from './guard.js'
import type { ChannelSource, Instrumentation, ModulePatch } from './instrumentation.js'
import type { Kit } from './kit.js'

/** Starts the instrumentations: listens to channels, patches built-ins, and waits for modules to be loaded. */
export function installInstrumentations(
  instrumentations: readonly Instrumentation[],
  makeKit: (name: string) => Kit,
): void {
  const patches = new Map<string, { patch: ModulePatch; kit: Kit }[]>()
  for (const { name, modules = [], channels = [], subscribe } of instrumentations) {
    const kit = makeKit(name)
    guarded(name, () => subscribe?.(kit))
    for (const source of channels) guarded(name, () => listen(source, kit))
    for (const patch of modules) {
      if (patch.atStart === true) {
        guarded(name, () => patch.patch(process.getBuiltinModule(patch.module as 'http'), kit, undefined))
      } else {
        const known = patches.get(patch.module)
        if (known === undefined) patches.set(patch.module, [{ patch, kit }])
        else known.push({ patch, kit })
      }
    }
  }
  hookModules([...patches.keys()], (loaded) => {
    let exports = loaded.exports
    for (const { patch, kit } of patches.get(moduleName(loaded)) ?? []) {
      const version = loaded.folder === undefined ? undefined : packageVersion(loaded.folder)
      if (isTested(patch, version)) exports = patch.patch(exports, kit, version) ?? exports
    }
    return exports === loaded.exports ? undefined : exports
  })
}

function listen(source: ChannelSource, kit: Kit): void {
  for (const [channel, listener] of Object.entries(source.listeners(kit))) {
    const hear = (message: unknown): void => {
      if (isTested(source, source.version?.(message))) listener(message)
    }
    subscribeTo(channel, guard(kit.place(channel), hear))
  }
}

function guarded(place: string, install: () => unknown): void {
  try {
    install()
  } catch (error) {
    diag.warn(`${place} could not be patched and is left as it is: ${error}`)
  }
}

/** Files in packages are told with the separator of the platform and without their extension's certainty. */
function moduleName({ name }: LoadedModule): string {
  return name.replaceAll('\\', '/')
}

function isTested({ module, versions }: ModulePatch | ChannelSource, version: string | undefined): boolean {
  if (versions === undefined || version === undefined || versionMatches(version, versions)) return true
  diag.warnOnce(`version ${module} ${version}`, `${module} ${version} is left alone: tested are ${versions}`)
  return false
}
