import type { Metric } from '../metrics/metric.js'
import type { SpanData } from '../trace/span.js'

/**
 * Collects records of one signal as OTLP bytes. A record is encoded when it is added, while its data
 * is hot in the cache, and is garbage afterwards; only bytes wait.
 */
export interface Encoder<Data> {
  /** The request's `content-type`. */
  readonly contentType: string
  /** Records since the last `take()`. */
  readonly count: number
  /** Bytes that a `take()` would return now, about. */
  readonly byteLength: number
  /** Encodes one record. Never throws: a value that cannot be encoded is left out. */
  add(record: Data): void
  /** The body of one export request with all records since the last call; the caller owns it. */
  take(): Uint8Array
}

/** Bodies are `ExportTraceServiceRequest`. */
export type SpanEncoder = Encoder<SpanData>

/** Bodies are `ExportMetricsServiceRequest`; `count` is of data points. */
export type MetricEncoder = Encoder<Metric>
