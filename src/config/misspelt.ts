import type { Environment } from './environment.js'
import { flagName, flagPart, OTHER_INSTRUMENTATIONS } from './instrumentations.js'
import { didYouMean, nearest } from './spelling.js'
import { UNREAD_NAMES, VARIABLES } from './variables.js'

const OWN_PREFIX = 'AUTOSPAN_'
/** The standard prefix, and what slips of the hand make of it. */
const LIKE_STANDARD = /^[OTEL]{3,5}_/i
const FLAG = /^OTEL_INSTRUMENTATION_(.+)_ENABLED$/s
const FLAG_ROW = 'OTEL_INSTRUMENTATION_<NAME>_ENABLED'
/** What stands for a library's name in `OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED`. */
const FLAG_OF_ALL = 'COMMON_DEFAULT'

/**
 * Says of each set `OTEL_*` variable that looks like a misspelling of one the agent reads, and of no other: users share
 * environments between languages. Names that begin with `AUTOSPAN_` nobody else reads: of these all are said. A value is
 * not shown, for it may have been meant for a header.
 *
 * @param instrumentations the names of the agent's instrumentations
 */
export function reportMisspelt(
  env: Environment,
  instrumentations: readonly string[],
  warn: (line: string) => void,
): void {
  for (const name of Object.keys(env)) {
    const isOwn = name.startsWith(OWN_PREFIX)
    if (!(isOwn || LIKE_STANDARD.test(name)) || Object.hasOwn(VARIABLES, name) || !env[name]?.trim()) continue
    const upper = name.toUpperCase()
    // Windows finds a variable by its name in any case.
    if (upper !== name && env[upper] !== undefined) continue
    const meant = Object.hasOwn(VARIABLES, upper) ? [upper] : meantBy(upper, instrumentations)
    // A line break in a name within two edits of a known one could still forge a line.
    if (isOwn || meant.length > 0) warn(`${name.replace(/\W/g, '?')} is not known${didYouMean(meant)}; it is ignored`)
  }
}

function meantBy(name: string, instrumentations: readonly string[]): string[] {
  const part = FLAG.exec(name)?.[1]
  if (part === undefined) {
    const own = [...Object.keys(VARIABLES).filter((known) => known !== FLAG_ROW), ...instrumentations.map(flagName)]
    if (own.includes(name) || UNREAD_NAMES.includes(name)) return []
    // What is nearer to, or as near to, a name that is not read is no matter of ours.
    const meant = nearest(name, [...own, ...UNREAD_NAMES])
    return meant.some((known) => UNREAD_NAMES.includes(known)) ? [] : meant
  }
  // Library names are compared without what surrounds them, lest any two short ones be alike.
  const own = [FLAG_OF_ALL, ...instrumentations.map(flagPart)]
  if (own.includes(part) || OTHER_INSTRUMENTATIONS.some((other) => flagPart(other) === part)) return []
  return nearest(part, own).map((known) => `OTEL_INSTRUMENTATION_${known}_ENABLED`)
}
