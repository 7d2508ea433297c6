import { flagName, flagPart, OTHER_INSTRUMENTATIONS } from './instrumentations.js'
import { nearest } from './spelling.js'
import { UNREAD_NAMES } from './variables/unread.js'
import { VARIABLES } from './variables.js'

export { didYouMean } from './spelling.js'

const FLAG = /^OTEL_INSTRUMENTATION_(.+)_ENABLED$/s
const FLAG_ROW = 'OTEL_INSTRUMENTATION_<NAME>_ENABLED'
/** What stands for a library's name in `OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED`. */
const FLAG_OF_ALL = 'COMMON_DEFAULT'

/**
 * The variables that a name which is not known may be a misspelling of.
 *
 * @param name in upper case
 * @param instrumentations the names of the agent's instrumentations
 */
export function meantBy(name: string, instrumentations: readonly string[]): string[] {
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
