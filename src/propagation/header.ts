const TAB = 0x09
const SPACE = 0x20

/** The value of a header that may stand once: a getter's string, or its array of one. Anything else is no value. */
export function soleValue(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return Array.isArray(value) && value.length === 1 && typeof value[0] === 'string' ? value[0] : undefined
}

/**
 * The value of a header that is a list: a getter's string, or its strings joined by commas in their
 * order (RFC 7230, 3.2.2). Joining stops once the result is longer than `maxChars`.
 */
export function listValue(value: unknown, maxChars: number): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  let joined: string | undefined
  for (const line of value) {
    if (typeof line !== 'string') continue
    joined = joined === undefined ? line : `${joined},${line}`
    if (joined.length > maxChars) break
  }
  return joined
}

/** The first index at or after `start` that holds neither a space nor a tab: OWS of RFC 7230. */
export function skipBlanks(text: string, start: number): number {
  let at = start
  while (isBlank(text.charCodeAt(at))) at++
  return at
}

/** The end of `text` without the blanks before it, but not below `start`. */
export function trimmedEnd(text: string, start: number): number {
  let end = text.length
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return end
}

/** Unlike `String.prototype.trim`, takes spaces and tabs only. */
export function trimBlanks(text: string): string {
  const start = skipBlanks(text, 0)
  return text.slice(start, trimmedEnd(text, start))
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}
