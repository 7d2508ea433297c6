import { diag } from '../diag/diag.js'
import { type Environment, givenText } from './environment.js'
import { VARIABLES } from './variables.js'

/** Proxies are settings of the program's, too. */
const PREFIXES = /^(?:OTEL|AUTOSPAN)_/
/** Not in the table: one for each library. */
const SWITCHES = /^OTEL_INSTRUMENTATION_\w+_ENABLED$/

/**
 * Says which settings have come into the environment since the start, as from a file `.env` that the program reads
 * itself. What was set then and has another value now is left to who has changed it.
 *
 * @param early the names of all variables that there were at the start
 */
export function sayLate(env: Environment, early: readonly string[]): void {
  const late = Object.keys(env).filter((name) => isSetting(name) && !early.includes(name) && givenText(env, name))
  if (late.length === 0) return
  const names = `${late.join(', ')} ${late.length === 1 ? 'was' : 'were'} set`
  diag.warnOnce(
    'late settings',
    `${names} by the program, which is too late to have an effect: the agent starts before it; flags such as --env-file=.env set variables in time`,
  )
}

function isSetting(name: string): boolean {
  return PREFIXES.test(name) && (Object.hasOwn(VARIABLES, name) || SWITCHES.test(name))
}
