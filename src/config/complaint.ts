import { didYouMean, nearest } from './spelling.js'

/** Characters of a user's text that one line repeats. */
const MAX_QUOTED = 100
/** Bad entries of one list that one line names. */
const MAX_NAMED = 3

/**
 * A user's text within a line, as a JSON string of at most about 100 characters: control, format and line separating
 * characters are escaped, so that no value can forge a line or drive a terminal.
 */
export function quoted(text: string): string {
  const cut = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text
  return JSON.stringify(cut).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/**
 * What is wrong with names that a list holds and that are not known, as the predicate of a sentence about the list.
 *
 * @param unknown at least one name
 * @param entryCount how many names the list holds, the known ones too
 * @param unsupported names which are spelt well, and mean what the agent does not have
 */
export function unknownNames(
  unknown: readonly string[],
  entryCount: number,
  known: readonly string[],
  unsupported: readonly string[],
): string {
  const fault = (name: string) => {
    const lower = name.toLowerCase()
    return unsupported.includes(lower) ? 'is not supported' : `is not known${didYouMean(nearest(lower, known))}`
  }
  if (entryCount === 1) {
    const only = fault(unknown[0]!)
    return only.endsWith(' known') ? `${only} (known are ${known.join(', ')})` : only
  }
  return holds(unknown, fault)
}

/** The same of names, at least one, that no header has. */
export function wrongHeaderNames(wrong: readonly string[], entryCount: number): string {
  const fault = (name: string) =>
    name.includes('*') ? 'is a pattern, not the name of a header' : 'is not the name of a header'
  return entryCount === 1 ? fault(wrong[0]!) : holds(wrong, fault)
}

function holds(wrong: readonly string[], fault: (entry: string) => string): string {
  const named = wrong.slice(0, MAX_NAMED).map((entry) => `${quoted(entry)}, which ${fault(entry)}`)
  if (wrong.length > MAX_NAMED) named.push(`${wrong.length - MAX_NAMED} more`)
  return `holds ${named.join(', and ')}`
}
