import type { Span, TextMapPropagator, TextMapSetter } from '@opentelemetry/api'
import { ROOT_CONTEXT, SPAN_KEY } from '../context/context.js'

/**
 * The text of a query with its span's trace in a comment behind it, as the specification of sqlcommenter has it. Logs
 * and statistics of the database have it then.
 *
 * A text in which a comment may be is left as it is, as is an empty one. What only looks like a comment, as `--` in a
 * string, counts as one: a text is not parsed for this.
 */
export function withComment(text: string, span: Span, propagator: TextMapPropagator): string {
  if (text.includes('--') || text.includes('/*')) return text
  const end = endOf(text)
  if (end === 0) return text
  const pairs: string[] = []
  propagator.inject(ROOT_CONTEXT.setValue(SPAN_KEY, span), pairs, pairSetter)
  // Before the semicolon: what is behind it is a statement of its own to some databases.
  return pairs.length === 0 ? text : `${text.slice(0, end)} /*${pairs.sort().join(',')}*/${text.slice(end)}`
}

/** Where the semicolons and blanks begin that a text ends with. */
function endOf(text: string): number {
  let end = text.length
  while (end > 0 && /[\s;]/.test(text.charAt(end - 1))) end--
  return end
}

const pairSetter: TextMapSetter<string[]> = {
  set: (pairs, key, value) => {
    pairs.push(`${key}='${encoded(value)}'`)
  },
}

/** No slash is left, so that no value can end the comment or begin another; nor a quote, which would want a backslash. */
function encoded(value: string): string {
  return encodeURIComponent(value).replaceAll("'", '%27')
}
