import { quoted } from '../config/complaint.js'
import type { Environment } from '../config/environment.js'
import { openSettings } from '../config/read.js'
import type { Variable } from '../config/variables/variable.js'
import { VARIABLES, type VariableName } from '../config/variables.js'
import type { Report } from './report.js'

/** Shown even where nobody has set them: what most questions are about. */
const ESSENTIAL: ReadonlySet<string> = new Set<VariableName>([
  'OTEL_TRACES_EXPORTER',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
  'OTEL_TRACES_SAMPLER',
  'OTEL_PROPAGATORS',
])

/** Read from the environment, whatever counts else. */
const FILES: ReadonlySet<string> = new Set<VariableName>(['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE'])
const FLAG = /^OTEL_INSTRUMENTATION_.+_ENABLED$/

/** Tells what each setting is, and where from: all that are set, and the most important of the others. */
export function reportSettings(report: Report, env: Environment, all: boolean): void {
  const { settings, variables = {}, file } = openSettings(env, () => {})
  const given = (name: string): string | undefined => settings.given(name) ?? (FILES.has(name) ? env[name] : undefined)
  const source = (name: string): string | undefined => {
    return given(name) === undefined ? undefined : (file?.placeOf(name) ?? 'environment')
  }
  const rows: [name: string, value: string, source: string][] = []
  for (const [name, variable] of Object.entries(VARIABLES) as [VariableName, Variable][]) {
    if (name.includes('<')) continue
    const text = given(name)
    if (text === undefined && !all && !ESSENTIAL.has(name)) continue
    const value: unknown = settings.read(name) ?? text
    rows.push([name, value === undefined ? '(not set)' : shown(variable, value), sourceOf(name, source)])
  }
  const flags = Object.keys(variables).filter((name) => FLAG.test(name) && settings.given(name) !== undefined)
  for (const name of flags.filter((name) => !Object.hasOwn(VARIABLES, name))) {
    rows.push([name, quoted(variables[name] ?? ''), source(name) ?? ''])
  }
  const width = Math.max(...rows.map(([name]) => name.length))
  const valueWidth = Math.min(40, Math.max(...rows.map(([, value]) => value.length)))
  for (const [name, value, source] of rows) {
    report.note(`${name.padEnd(width)}  ${value.padEnd(valueWidth)}  ${source}`)
  }
}

/** A value as its type shows it, on one line. Nothing of a type that masks its text is secret then. */
function shown(variable: Variable, value: unknown): string {
  // What is said of a list that is used in part.
  const text = variable.type.show(value).replace(/ of it$/, '')
  return /^[\x20-\x7e]*$/.test(text) ? text : quoted(text)
}

function sourceOf(name: string, source: (name: string) => string | undefined): string {
  const { fallback } = VARIABLES[name as VariableName] as Variable
  const own = source(name)
  if (own !== undefined) return own
  return fallback === undefined || source(fallback) === undefined ? 'default' : `from ${fallback}`
}
