import type { Span } from '@opentelemetry/api'
import type { BoundInstrument } from '../metrics/instruments.js'
import { now } from '../trace/clock.js'
import { recordingOf } from '../trace/span.js'

export { SECONDS } from '../metrics/instrument.js'

/** Records how long something took, in seconds. Times on the monotonic clock; the span is for the exemplar. */
export function recordDuration(series: BoundInstrument, startMillis: number, endMillis: number, span: Span): void {
  series.record((endMillis - startMillis) / 1000, unixMillisOf(endMillis, span), span)
}

/** A time on the monotonic clock as the span has it, in Unix milliseconds; 0 where that is not known. */
export function unixMillisOf(millis: number, span: Span | undefined): number {
  const recording = recordingOf(span)
  return recording === undefined ? 0 : recording.anchor + millis
}

/** When a span that has just begun did so, on the monotonic clock: most have looked at that already. */
export function startOf(span: Span): number {
  const startTime = recordingOf(span)?.startTime
  return typeof startTime === 'number' ? startTime : now()
}
