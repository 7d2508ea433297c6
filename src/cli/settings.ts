import { quoted } from '../config/complaint.js'
import type { Environment } from '../config/environment.js'
import { createSettings } from '../config/settings.js'
import { VARIABLES, type Variable, type VariableName } from '../config/variables.js'
import type { Report } from './report.js'

/** Shown even where nobody has set them: what most questions are about. */
const ESSENTIAL: ReadonlySet<string> = new Set<VariableName>([
  'OTEL_TRACES_EXPORTER',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
  'OTEL_TRACES_SAMPLER',
  'OTEL_PROPAGATORS',
])

/** Tells what each setting is, and where from: all that are set, and the most important of the others. */
export function reportSettings(report: Report, env: Environment, all: boolean): void {
  const settings = createSettings(env, () => {})
  const rows: [name: string, value: string, source: string][] = []
  for (const [name, variable] of Object.entries(VARIABLES) as [VariableName, Variable][]) {
    if (name.includes('<')) continue
    const given = settings.given(name)
    if (given === undefined && !all && !ESSENTIAL.has(name)) continue
    const value: unknown = settings.read(name)
    rows.push([name, value === undefined ? '(not set)' : shown(variable, value), sourceOf(name, settings.given)])
  }
  const flags = Object.keys(env).filter((name) => /^OTEL_INSTRUMENTATION_.+_ENABLED$/.test(name) && env[name]?.trim())
  for (const name of flags.filter((name) => !Object.hasOwn(VARIABLES, name))) {
    rows.push([name, quoted(env[name] ?? ''), 'environment'])
  }
  const width = Math.max(...rows.map(([name]) => name.length))
  const valueWidth = Math.min(40, Math.max(...rows.map(([, value]) => value.length)))
  for (const [name, value, source] of rows) {
    report.note(`${name.padEnd(width)}  ${value.padEnd(valueWidth)}  ${source}`)
  }
}

/** A value as its type shows it, on one line. Nothing of a type that masks its text is secret then. */
function shown(variable: Variable, value: unknown): string {
  const text = variable.type.show(value)
  return /^[\x20-\x7e]*$/.test(text) ? text : quoted(text)
}

function sourceOf(name: string, given: (name: string) => string | undefined): string {
  if (given(name) !== undefined) return 'environment'
  const { fallback } = VARIABLES[name as VariableName] as Variable
  return fallback === undefined || given(fallback) === undefined ? 'default' : `from ${fallback}`
}
