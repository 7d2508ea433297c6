import type { Context } from '@opentelemetry/api'
import { spanOf } from '../context/context.js'

export const HEADER = 'server-timing'

/**
 * The metric of a `server-timing` header that names the span of `context`, by which a browser finds the trace behind a
 * page or call. Undefined where there is no span.
 */
export function traceTiming(context: Context): string | undefined {
  const ids = spanOf(context)?.spanContext()
  if (ids === undefined) return undefined
  return `traceparent;desc="00-${ids.traceId}-${ids.spanId}-${ids.traceFlags.toString(16).padStart(2, '0')}"`
}
