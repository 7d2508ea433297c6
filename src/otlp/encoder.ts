/** Collects records of one signal as OTLP bytes. A record is encoded when it is added, and is garbage afterwards. */
export interface Encoder<Data> {
  /** The request's `content-type`. */
  readonly contentType: string
  /** Records since the last `take()`; of metrics their data points. */
  readonly count: number
  /** Bytes that a `take()` would return now, about. */
  readonly byteLength: number
  /** Encodes one record. Never throws: a value that cannot be encoded is left out. */
  add(record: Data): void
  /** The body of one `Export*ServiceRequest` with all records since the last call; the caller owns it. */
  take(): Uint8Array
}
