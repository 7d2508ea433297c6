import { createRequire } from 'node:module'
import type { Environment } from './environment.js'
import { VARIABLES } from './variables.js'

const require = createRequire(import.meta.url)

const OWN_PREFIX = 'AUTOSPAN_'
/** The standard prefix, and what slips of the hand make of it. Without `i`, which takes V8 0.06 ms at its first use. */
const LIKE_STANDARD = /^[OTELotel]{3,5}_/

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
    const { didYouMean, meantBy } = require('./meant.js') as typeof import('./meant.js')
    const meant = Object.hasOwn(VARIABLES, upper) ? [upper] : meantBy(upper, instrumentations)
    // A line break in a name within two edits of a known one could still forge a line.
    if (isOwn || meant.length > 0) warn(`${name.replace(/\W/g, '?')} is not known${didYouMean(meant)}; it is ignored`)
  }
}
