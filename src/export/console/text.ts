/** Longer values are cut before anything looks at them: a terminal shows a line or two, an attribute may hold megabytes. */
const MAX_LENGTH = 500

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]/u
const ZERO_WIDTH = /[\p{Mn}\p{Me}]/u

/**
 * Text for a terminal, on one line. Whatever could move the cursor, colour, hide or reverse what stands around it
 * (control and format characters, line separators, lone surrogates) is written as an escape that one can read.
 */
export function visible(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
  return cut.replace(UNSAFE, escaped)
}

/** An attribute or a body in one line: text as it is, all else in JSON, to which whole numbers of any size are text. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object') return String(value)
  return JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? String(member) : member))
}

/** The columns that text without control characters takes in a terminal. */
export function columnsOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += columnsOfCharacter(character)
  return columns
}

/** The longest beginning of the text that fits, with an ellipsis in its last column when something is missing. */
export function fitted(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  if (columns < 1) return ''
  let left = columns - 1
  let kept = ''
  for (const character of text) {
    left -= columnsOfCharacter(character)
    if (left < 0) break
    kept += character
  }
  return `${kept}…`
}

/** Three digits that matter, in the unit a person would choose. */
export function duration(millis: number): string {
  if (!(millis > 0)) return '0 µs'
  if (millis < 0.9995) return `${Math.round(millis * 1000)} µs`
  if (millis < 999.5) return `${threeDigits(millis)} ms`
  const seconds = millis / 1000
  if (seconds < 59.95) return `${threeDigits(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`
}

function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2)
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0)
}

function columnsOfCharacter(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

function escaped(character: string): string {
  switch (character) {
    case '\n':
      return '\\n'
    case '\r':
      return '\\r'
    case '\t':
      return '\\t'
    default:
      return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  }
}
