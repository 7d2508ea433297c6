import type { LogLevel } from '../diag/diag.js'
import { quoted, unknownNames } from './complaint.js'
import type { SamplingConfig } from './config.js'
import { type Environment, givenText } from './environment.js'
import { flagName, OTHER_INSTRUMENTATIONS, readInstrumentations } from './instrumentations.js'
import { didYouMean, meantBy } from './meant.js'
import { openSettings } from './read.js'
import { readSampling } from './sampling.js'
import { createSettings } from './settings.js'
import type { Variable } from './variables/variable.js'
import { VARIABLES, type VariableName } from './variables.js'

const DISABLED = 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'
const ENABLED = 'OTEL_NODE_ENABLED_INSTRUMENTATIONS'
const FLAG_ROW = 'OTEL_INSTRUMENTATION_<NAME>_ENABLED'

/** What can be changed while the program runs, and with it the flag of each library. */
export const CHANGEABLE: readonly VariableName[] = [
  'OTEL_LOG_LEVEL',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'AUTOSPAN_SAMPLING_RULES',
  ENABLED,
  DISABLED,
  FLAG_ROW,
]

const MAX_LINES = 1000

/** What counts while the program runs. */
export interface RunTimeSettings {
  readonly logLevel: LogLevel
  readonly sampling: SamplingConfig
  isEnabled(library: string): boolean
}

/**
 * Reads control files: lines of `NAME=value`, `#` begins a comment. They count over the settings of the start, which
 * come back where a name is no longer in the file. A bad value changes nothing.
 */
export class ControlSource {
  /** The settings of the start. */
  readonly #base: Environment
  readonly #libraries: readonly string[]
  readonly #fileName: string
  #given: Readonly<Record<string, string>> = {}

  /**
   * @param libraries the names of the agent's instrumentations
   * @param fileName as complaints name the file
   */
  constructor(env: Environment, libraries: readonly string[], fileName: string) {
    this.#base = { ...openSettings(env, () => {}).variables }
    this.#libraries = libraries
    this.#fileName = fileName
  }

  /** What the last file has set. */
  get given(): Readonly<Record<string, string>> {
    return this.#given
  }

  /** @param text of the file; undefined where there is none */
  read(text: string | undefined, warn: (line: string) => void): RunTimeSettings {
    const given: Record<string, string> = {}
    const places = new Map<string, string>()
    for (const [index, line] of (text ?? '').split('\n').slice(0, MAX_LINES).entries()) {
      if (/^\s*(#|$)/.test(line)) continue
      const place = `${this.#fileName}:${index + 1}`
      const [, name = '', rest = ''] = /^\s*(?:export\s+)?([^\s=]+)\s*=(.*)$/s.exec(line) ?? []
      const value = givenText({ rest }, 'rest')
      if (name === '') warn(`${place} is no NAME=value; it is ignored`)
      // Without a value it is as though the line were not there.
      if (name === '' || value === undefined) continue
      const row = this.#rowOf(name)
      if (row === undefined) {
        // Files of variables hold secrets, too.
        warn(`${place} ${shownName(name)} ${this.#whyNot(name)}; it is ignored`)
        continue
      }
      const problem = this.#problemOf(row, value)
      places.set(name, `${place} ${name}`)
      if (problem === undefined) {
        given[name] = value
        continue
      }
      const before = this.#given[name]
      if (before !== undefined) given[name] = before
      warn(`${place} ${name}=${quoted(value)} ${problem}; what was set before goes on`)
    }
    this.#given = given
    return this.#settingsOf(given, places, warn)
  }

  #settingsOf(given: Environment, places: ReadonlyMap<string, string>, warn: (line: string) => void): RunTimeSettings {
    const said = (line: string): void => {
      // What is wrong with the settings of the start has been told then.
      if (line.startsWith(`${this.#fileName}:`)) warn(line)
    }
    const settings = createSettings({ ...this.#base, ...given }, said, (name) => places.get(name))
    const { isEnabled } = readInstrumentations(settings, this.#libraries)
    return { logLevel: settings.read('OTEL_LOG_LEVEL'), sampling: readSampling(settings), isEnabled }
  }

  /** By which a variable is read; undefined where it cannot be changed. */
  #rowOf(name: string): VariableName | undefined {
    if (this.#libraries.some((library) => flagName(library) === name)) return FLAG_ROW
    return CHANGEABLE.find((row) => row === name && row !== FLAG_ROW)
  }

  #whyNot(name: string): string {
    return Object.hasOwn(VARIABLES, name)
      ? 'counts at the start only'
      : `is not known${didYouMean(meantBy(name.toUpperCase(), this.#libraries))}`
  }

  #problemOf(row: VariableName, value: string): string | undefined {
    const { value: parsed, problem } = (VARIABLES[row] as Variable).type.parse(value)
    if (problem !== undefined || (row !== ENABLED && row !== DISABLED)) return problem
    return this.#unknownIn(parsed as readonly string[], row)
  }

  #unknownIn(names: readonly string[], row: typeof ENABLED | typeof DISABLED): string | undefined {
    const known = row === DISABLED ? [...this.#libraries, ...OTHER_INSTRUMENTATIONS] : this.#libraries
    const unknown = names.filter((name) => !known.includes(name))
    if (unknown.length === 0) return undefined
    return unknownNames(unknown, names.length, this.#libraries, OTHER_INSTRUMENTATIONS)
  }
}

/** A name that is not known may hold anything. */
function shownName(name: string): string {
  return /^\w{1,100}$/.test(name) ? name : quoted(name)
}
