import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import type { InstrumentationsConfig } from '../config/config.js'
import { OTHER_INSTRUMENTATIONS } from '../config/instrumentations.js'
import { packageOf } from '../hooks/packages.js'
import { versionMatches } from '../hooks/version.js'
import type { Instrumentation } from '../instrumentation/instrumentation.js'
import type { Report } from './report.js'

/** Tells of each library that the program could load from `folder`: its version, and whether it is traced. */
export function reportLibraries(
  report: Report,
  instrumentations: readonly Instrumentation[],
  config: InstrumentationsConfig,
  folder: string,
): void {
  const missing: string[] = []
  /** Several instrumentations may be about one library. */
  const traced = new Set<string>()
  for (const { name, modules = [], channels = [] } of instrumentations) {
    const isEnabled = config.isEnabled(name)
    const ranges = new Map<string, (string | undefined)[]>()
    for (const { module, versions } of [...modules, ...channels]) {
      const library = packageOf(module)
      ranges.set(library, [...(ranges.get(library) ?? []), versions])
    }
    for (const [library, versions] of ranges) {
      const version = isBuiltin(library) ? process.versions.node : installedVersion(library, folder)
      const builtIn = version === undefined ? process.versions[library] : undefined
      // fetch is Node's own undici.
      const found = builtIn === undefined ? version : `${builtIn} of Node.js`
      if (found === undefined) missing.push(library)
      else if (!isEnabled) report.note(`${labelOf(library, found)}: switched off (${name})`)
      else if (!traced.has(library) && isTold(report, library, found, builtIn === undefined ? versions : [undefined]))
        traced.add(library)
    }
  }
  if (missing.length > 0) report.note(`not installed here: ${missing.join(', ')}`)
  const strangers = dependenciesOf(folder).filter(
    (dependency) =>
      OTHER_INSTRUMENTATIONS.includes(dependency) && !instrumentations.some(({ name }) => name === dependency),
  )
  if (strangers.length > 0) report.note(`installed, and not traced by autospan: ${strangers.join(', ')}`)
}

/** @returns whether it is told as traced */
function isTold(report: Report, library: string, version: string, ranges: readonly (string | undefined)[]): boolean {
  const label = labelOf(library, version)
  const isTraced = ranges.some((range) => range === undefined || versionMatches(version, range))
  if (isTraced) report.fine(`${label}: traced`)
  else report.problem(`${label}: left alone, tested are ${[...new Set(ranges)].join(', ')}`)
  return isTraced
}

function labelOf(library: string, version: string): string {
  return isBuiltin(library) ? `${library} of Node.js ${version}` : `${library} ${version}`
}

/** Of the package as Node finds it from `folder`. */
function installedVersion(name: string, folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'node_modules', name, 'package.json')
    if (existsSync(file)) return textOf(readJson(file).version)
    if (dirname(at) === at) return undefined
  }
}

function dependenciesOf(folder: string): string[] {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'package.json')
    if (existsSync(file)) return Object.keys((readJson(file).dependencies as object | undefined) ?? {})
    if (dirname(at) === at) return []
  }
}

function readJson(file: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown> | null) ?? {}
  } catch {
    return {}
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
