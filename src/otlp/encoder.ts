import type { SpanData } from '../trace/span.js'

/**
 * Collects spans as OTLP bytes. A span is encoded when it is added, while its data is hot in the
 * cache, and is garbage afterwards; only bytes wait.
 */
export interface SpanEncoder {
  /** The request's `content-type`. */
  readonly contentType: string
  /** Spans since the last `take()`. */
  readonly count: number
  /** Bytes that a `take()` would return now, about. */
  readonly byteLength: number
  /** Encodes one span. Never throws: a value that cannot be encoded is left out. */
  add(span: SpanData): void
  /** The body of one `ExportTraceServiceRequest` with all spans since the last call; the caller owns it. */
  take(): Uint8Array
}
