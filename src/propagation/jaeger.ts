import type { Context, TextMapPropagator } from '@opentelemetry/api'
import { soleValue, trimBlanks } from './header.js'
import { decoded, extractBaggage, injectBaggage } from './header-baggage.js'
import { type Decision, spanIdOf, spanToSend, traceIdOf, withRemoteSpan } from './remote-span.js'

const TRACE = 'uber-trace-id'
const BAGGAGE_PREFIX = 'uberctx-'

/** `<trace id>:<span id>:<parent's span id, or 0>:<flags in hex>`, each without leading zeros where the writer likes. */
const FORM = /^([\da-f]{1,32}):([\da-f]{1,16}):[\da-f]{0,16}:([\da-f]{1,2})$/i
const FLAG_SAMPLED = 1
const FLAG_DEBUG = 2

/** Jaeger's own headers, for services that have Jaeger's clients. Baggage has a header for each entry. */
export const jaeger: TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = spanToSend(context)
    if (span !== undefined) {
      const { ids, decision } = span
      setter.set(carrier, TRACE, `${ids.traceId}:${ids.spanId}:0:${FLAGS[decision]}`)
    }
    injectBaggage(BAGGAGE_PREFIX, context, carrier, setter)
  },

  extract(context, carrier, getter): Context {
    const header = soleValue(getter.get(carrier, TRACE))
    const parts = header === undefined ? null : FORM.exec(trimBlanks(decoded(header)))
    const below =
      parts === null
        ? context
        : withRemoteSpan(context, traceIdOf(parts[1]), spanIdOf(parts[2]), decisionOf(Number.parseInt(parts[3]!, 16)))
    return extractBaggage(BAGGAGE_PREFIX, below, carrier, getter)
  },

  fields: () => [TRACE],
}

const FLAGS: Readonly<Record<Decision, string>> = { sampled: '01', dropped: '00', debug: '03' }

function decisionOf(flags: number): Decision {
  if ((flags & FLAG_DEBUG) !== 0) return 'debug'
  return (flags & FLAG_SAMPLED) !== 0 ? 'sampled' : 'dropped'
}
