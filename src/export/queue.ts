/** One sealed OTLP request. */
export interface Batch {
  readonly body: Uint8Array
  /** Spans in `body`. */
  readonly spans: number
  /** Batches are numbered as they are sealed. */
  readonly number: number
}

/** What a waiting batch costs beside its bytes, about: so that tiny batches are bounded too. */
const OVERHEAD_BYTES = 256

/** Batches that wait, oldest first, bounded by bytes and spans. The newest stays in any case. */
export class BatchQueue {
  readonly #maxBytes: number
  readonly #maxSpans: number
  readonly #batches: Batch[] = []
  #bytes = 0
  #spans = 0

  constructor(maxBytes: number, maxSpans: number) {
    this.#maxBytes = maxBytes
    this.#maxSpans = maxSpans
  }

  get spans(): number {
    return this.#spans
  }

  get oldest(): Batch | undefined {
    return this.#batches[0]
  }

  /** Appends the newest batch. Returns how many spans of the oldest had to go. */
  push(batch: Batch): number {
    this.#batches.push(batch)
    return this.#grow(batch)
  }

  /** Takes back the batch that `shift` gave last. Returns how many spans of the oldest, of itself first, had to go. */
  putBack(batch: Batch): number {
    this.#batches.unshift(batch)
    return this.#grow(batch)
  }

  shift(): Batch | undefined {
    const batch = this.#batches.shift()
    if (batch !== undefined) {
      this.#bytes -= batch.body.byteLength + OVERHEAD_BYTES
      this.#spans -= batch.spans
    }
    return batch
  }

  clear(): void {
    this.#batches.length = 0
    this.#bytes = 0
    this.#spans = 0
  }

  #grow(batch: Batch): number {
    this.#bytes += batch.body.byteLength + OVERHEAD_BYTES
    this.#spans += batch.spans
    let dropped = 0
    while ((this.#bytes > this.#maxBytes || this.#spans > this.#maxSpans) && this.#batches.length > 1) {
      dropped += this.shift()?.spans ?? 0
    }
    return dropped
  }
}
