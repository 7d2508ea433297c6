import type { Span, SpanContext } from '@opentelemetry/api'
import { NonRecordingSpan } from './non-recording-span.js'
import { recordingOf } from './span.js'

const INVALID_TRACE_ID = '0'.repeat(32)
const INVALID_SPAN_ID = '0'.repeat(16)
const TRACE_ID = /^[\da-f]{32}$/i
const SPAN_ID = /^[\da-f]{16}$/i

/**
 * The ids of a span; undefined where it has none, as one may that the program has made of what it was sent. A span of the
 * agent's has them itself: no context object has to be made.
 */
export function identityOf(span: Span | undefined): SpanContext | undefined {
  if (span === undefined) return undefined
  const own = recordingOf(span)
  if (own !== undefined) return own
  const context = span.spanContext()
  if (!(span instanceof NonRecordingSpan) && !(TRACE_ID.test(context?.traceId) && SPAN_ID.test(context.spanId))) {
    return undefined
  }
  return context.traceId === INVALID_TRACE_ID || context.spanId === INVALID_SPAN_ID ? undefined : context
}
