import type { Context, SpanContext } from '@opentelemetry/api'
import { isSuppressed, SPAN_KEY, spanOf } from '../context/context.js'
import { NonRecordingSpan } from '../trace/non-recording-span.js'
import { FLAG_SAMPLED } from '../trace/span.js'

/** `OpenTelemetry Context Key B3 Debug Flag` is how OpenTelemetry's own B3 propagator calls it. */
const DEBUG_KEY: symbol = Symbol.for('OpenTelemetry Context Key B3 Debug Flag')

const HEX = /^[\da-f]+$/i
const ZEROS = /^0*$/

/** What a caller has decided on the trace: recorded, not recorded, or recorded whatever any sampler says. */
export type Decision = 'sampled' | 'dropped' | 'debug'

/**
 * The span whose ids go out with a message, or undefined when there is none to tell of. The formats other than W3C's
 * carry nothing but ids and the decision.
 */
export function spanToSend(context: Context): { readonly ids: SpanContext; readonly decision: Decision } | undefined {
  const ids = spanOf(context)?.spanContext() ?? undefined
  if (ids === undefined || isSuppressed(context)) return undefined
  if (traceIdOf(ids.traceId) !== ids.traceId || spanIdOf(ids.spanId) !== ids.spanId) return undefined
  if ((ids.traceFlags & FLAG_SAMPLED) === 0) return { ids, decision: 'dropped' }
  return { ids, decision: context.getValue(DEBUG_KEY) === true ? 'debug' : 'sampled' }
}

/**
 * The context below a caller's span. Undefined ids leave the context as it is: a new trace starts.
 *
 * @param decision undefined where the caller left it to others. Nobody has said no then, so the trace is recorded.
 */
export function withRemoteSpan(
  context: Context,
  traceId: string | undefined,
  spanId: string | undefined,
  decision: Decision = 'sampled',
): Context {
  if (traceId === undefined || spanId === undefined) return context
  const traceFlags = decision === 'dropped' ? 0 : FLAG_SAMPLED
  const below = context.setValue(SPAN_KEY, new NonRecordingSpan({ traceId, spanId, traceFlags, isRemote: true }))
  return decision === 'debug' ? below.setValue(DEBUG_KEY, true) : below
}

/** 32 lower-case hex digits of 1 to 32 of any case, zeros put before them; undefined for anything else and for zero. */
export function traceIdOf(text: string | undefined): string | undefined {
  return padded(text, 32)
}

/** The same for the 16 digits of a span. */
export function spanIdOf(text: string | undefined): string | undefined {
  return padded(text, 16)
}

function padded(text: string | undefined, digits: number): string | undefined {
  if (text === undefined || text.length > digits || !HEX.test(text) || ZEROS.test(text)) return undefined
  return text.toLowerCase().padStart(digits, '0')
}
