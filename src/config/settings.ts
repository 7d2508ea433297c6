import { createRequire } from 'node:module'
import { type Environment, givenText, isQuoted } from './environment.js'
import type { Parsed, Type } from './parse.js'
import { isTestWorker } from './test-worker.js'
import type { Variable } from './variables/variable.js'
import { VARIABLES, type ValueOf, type VariableName } from './variables.js'

const require = createRequire(import.meta.url)

/** The environment, read by the table of variables; each bad value is told of once. */
export interface Settings {
  /** The variable's value; where it is unset or refused that of its fallback, else its default. */
  read<N extends VariableName>(name: N): ValueOf<N>
  /** The same for a variable of another name that is typed as `row`, such as one of a library. */
  readAs<N extends VariableName>(name: string, row: N): ValueOf<N>
  /** The text that the user gave, without blanks and quotes around it; undefined when that is empty. */
  given(name: string): string | undefined
  /** What is wrong with the text given for `name`, whatever it means: predicates of a sentence. */
  slips(name: string): string[]
  /** Says what is wrong with the text given for `name`, and what happens instead; once, for signals share variables. */
  complain(name: VariableName, problem: string, outcome: string): void
}

/** What shells and Kubernetes put values in the place of, and the writer of a file had hoped for. */
const UNREPLACED = /\$\{\w+\}|\$\(\w+\)/

/**
 * @param placeOf where a variable's value is from, if not from the environment: told instead of its name
 */
export function createSettings(
  env: Environment,
  warn: (line: string) => void,
  placeOf: (name: string) => string | undefined = () => undefined,
): Settings {
  const isTested = isTestWorker(env)
  const values = new Map<string, unknown>()
  const complained = new Set<string>()

  function given(name: string): string | undefined {
    return givenText(env, name)
  }

  function slips(name: string): string[] {
    // A file has quotes and references of its own.
    const text = placeOf(name) === undefined ? (env[name]?.trim() ?? '') : ''
    const found: string[] = []
    if (isQuoted(text)) found.push('is in quotes, which are left out')
    if (UNREPLACED.test(text)) found.push('holds a reference to a variable that nobody has replaced')
    return found
  }

  function resolve(name: string, row: VariableName): unknown {
    // Several variables may fall back to one, of which nothing has to be said twice.
    if (!values.has(name)) values.set(name, newValue(name, VARIABLES[row]))
    return values.get(name)
  }

  function newValue(name: string, variable: Variable): unknown {
    const text = given(name)
    if (text === undefined) return valueInstead(variable)
    const { value, problem } = within(variable, variable.type.parse(text))
    const used = value ?? valueInstead(variable)
    const problems = problem === undefined ? slips(name) : [...slips(name), problem]
    if (problems.length > 0) {
      const outcome = used === undefined ? 'it is ignored' : `using ${variable.type.show(used)}`
      say(name, variable.type, problems.join(' and '), outcome)
    }
    return used
  }

  function valueInstead(variable: Variable): unknown {
    if (variable.fallback !== undefined) return resolve(variable.fallback, variable.fallback as VariableName)
    const text = isTested ? (variable.tested ?? variable.default) : variable.default
    return text === undefined ? undefined : within(variable, variable.type.parse(text)).value
  }

  function within(variable: Variable, parsed: Parsed<unknown>): Parsed<unknown> {
    if (variable.atMost === undefined) return parsed
    const most = resolve(variable.atMost, variable.atMost as VariableName) as number | undefined
    if (most === undefined || !((parsed.value as number) > most)) return parsed
    return { value: most, problem: `is more than ${variable.atMost}=${most}` }
  }

  function say(name: string, type: Type<unknown>, problem: string, outcome: string): void {
    const { quoted } = require('./complaint.js') as typeof import('./complaint.js')
    const text = env[name] ?? ''
    const shown = type.mask === undefined ? text : type.mask(text)
    warn(`${placeOf(name) ?? name}${shown === undefined ? '' : `=${quoted(shown)}`} ${problem}; ${outcome}`)
  }

  return {
    read: <N extends VariableName>(name: N) => resolve(name, name) as ValueOf<N>,
    readAs: <N extends VariableName>(name: string, row: N) => resolve(name, row) as ValueOf<N>,
    given,
    slips,
    complain(name, problem, outcome) {
      if (complained.has(name)) return
      complained.add(name)
      say(name, VARIABLES[name].type, problem, outcome)
    },
  }
}
