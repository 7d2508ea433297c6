import type { Context, TextMapPropagator } from '@opentelemetry/api'
import { soleValue, trimBlanks } from './header.js'
import { extractBaggage, injectBaggage } from './header-baggage.js'
import { spanIdOf, spanToSend, traceIdOf, withRemoteSpan } from './remote-span.js'

const TRACE_ID = 'ot-tracer-traceid'
const SPAN_ID = 'ot-tracer-spanid'
const SAMPLED = 'ot-tracer-sampled'
const BAGGAGE_PREFIX = 'ot-baggage-'

/**
 * The headers of OpenTracing's basic tracers, as Lightstep's have them. A trace id is 64 bits on the wire: of ours the
 * low half is sent.
 */
export const ottrace: TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = spanToSend(context)
    const traceId = span?.ids.traceId.slice(16)
    if (span !== undefined && traceIdOf(traceId) !== undefined) {
      setter.set(carrier, TRACE_ID, traceId!)
      setter.set(carrier, SPAN_ID, span.ids.spanId)
      setter.set(carrier, SAMPLED, String(span.decision !== 'dropped'))
    }
    injectBaggage(BAGGAGE_PREFIX, context, carrier, setter)
  },

  extract(context, carrier, getter): Context {
    const value = (name: string): string | undefined => {
      const text = soleValue(getter.get(carrier, name))
      return text === undefined ? undefined : trimBlanks(text)
    }
    const sampled = value(SAMPLED)?.toLowerCase()
    const decision = sampled === 'false' || sampled === '0' ? 'dropped' : 'sampled'
    const below = withRemoteSpan(context, traceIdOf(value(TRACE_ID)), spanIdOf(value(SPAN_ID)), decision)
    return extractBaggage(BAGGAGE_PREFIX, below, carrier, getter)
  },

  fields: () => [TRACE_ID, SPAN_ID, SAMPLED],
}
