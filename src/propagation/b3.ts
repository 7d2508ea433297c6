import type { Context, TextMapGetter, TextMapPropagator } from '@opentelemetry/api'
import { soleValue, trimBlanks } from './header.js'
import { type Decision, spanIdOf, spanToSend, traceIdOf, withRemoteSpan } from './remote-span.js'

const SINGLE = 'b3'
const TRACE_ID = 'x-b3-traceid'
const SPAN_ID = 'x-b3-spanid'
const PARENT_SPAN_ID = 'x-b3-parentspanid'
const SAMPLED = 'x-b3-sampled'
const FLAGS = 'x-b3-flags'

/** `<trace id>-<span id>[-<decision>[-<parent's span id>]]`, of which the parent's is not for us. */
const FORM = /^([\da-f]{16}|[\da-f]{32})-([\da-f]{16})(?:-([01d])(?:-[\da-f]{16})?)?$/i

/**
 * B3 of Zipkin in one header. Follows openzipkin/b3-propagation and the specification's api-propagators.md: reads the
 * single header, then the others; trace ids of 64 bits get zeros before them; the debug flag is sent on.
 */
export const b3: TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = spanToSend(context)
    if (span === undefined) return
    const { ids, decision } = span
    setter.set(carrier, SINGLE, `${ids.traceId}-${ids.spanId}-${DECISIONS[decision]}`)
  },
  extract,
  fields: () => [SINGLE],
}

/** The same in several headers. */
export const b3multi: TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = spanToSend(context)
    if (span === undefined) return
    const { ids, decision } = span
    setter.set(carrier, TRACE_ID, ids.traceId)
    setter.set(carrier, SPAN_ID, ids.spanId)
    // Debug implies the decision, which is not to be sent along.
    if (decision === 'debug') setter.set(carrier, FLAGS, '1')
    else setter.set(carrier, SAMPLED, DECISIONS[decision])
  },
  extract,
  fields: () => [TRACE_ID, SPAN_ID, PARENT_SPAN_ID, SAMPLED, FLAGS],
}

const DECISIONS: Readonly<Record<Decision, string>> = { sampled: '1', dropped: '0', debug: 'd' }

/** A lone decision, as in `b3: 0`, names no trace that could be continued, and is left alone. */
function extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
  const single = soleValue(getter.get(carrier, SINGLE))
  const parts = single === undefined ? null : FORM.exec(trimBlanks(single))
  if (parts !== null) {
    const below = withRemoteSpan(context, traceIdOf(parts[1]), spanIdOf(parts[2]), decisionOf(parts[3]))
    if (below !== context) return below
  }
  const value = (name: string): string | undefined => {
    const text = soleValue(getter.get(carrier, name))
    return text === undefined ? undefined : trimBlanks(text)
  }
  const traceId = wholeId(value(TRACE_ID), [16, 32])
  const spanId = wholeId(value(SPAN_ID), [16])
  const decision = value(FLAGS) === '1' ? 'debug' : decisionOf(value(SAMPLED))
  return withRemoteSpan(context, traceIdOf(traceId), spanIdOf(spanId), decision)
}

function wholeId(text: string | undefined, lengths: readonly number[]): string | undefined {
  return text !== undefined && lengths.includes(text.length) ? text : undefined
}

function decisionOf(text: string | undefined): Decision | undefined {
  switch (text?.toLowerCase()) {
    case '1':
    case 'true':
      return 'sampled'
    case '0':
    case 'false':
      return 'dropped'
    case 'd':
      return 'debug'
    default:
      return undefined
  }
}
