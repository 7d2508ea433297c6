/** One sealed OTLP request. */
export interface Batch {
  readonly body: Uint8Array
  /** Records in `body`. */
  readonly records: number
  /** Batches are numbered as they are sealed. */
  readonly number: number
}

/** What a waiting batch costs beside its bytes, about: so that tiny batches are bounded too. */
const OVERHEAD_BYTES = 256

/** Batches that wait, oldest first, bounded by bytes and records. The newest stays in any case. */
export class BatchQueue {
  readonly #maxBytes: number
  readonly #maxRecords: number
  readonly #batches: Batch[] = []
  #bytes = 0
  #records = 0

  constructor(maxBytes: number, maxRecords: number) {
    this.#maxBytes = maxBytes
    this.#maxRecords = maxRecords
  }

  get records(): number {
    return this.#records
  }

  get oldest(): Batch | undefined {
    return this.#batches[0]
  }

  /** Appends the newest batch. Returns how many records of the oldest had to go. */
  push(batch: Batch): number {
    this.#batches.push(batch)
    return this.#grow(batch)
  }

  /** Takes back the batch that `shift` gave last. Returns how many records of the oldest, of itself first, had to go. */
  putBack(batch: Batch): number {
    this.#batches.unshift(batch)
    return this.#grow(batch)
  }

  shift(): Batch | undefined {
    const batch = this.#batches.shift()
    if (batch !== undefined) {
      this.#bytes -= batch.body.byteLength + OVERHEAD_BYTES
      this.#records -= batch.records
    }
    return batch
  }

  clear(): void {
    this.#batches.length = 0
    this.#bytes = 0
    this.#records = 0
  }

  #grow(batch: Batch): number {
    this.#bytes += batch.body.byteLength + OVERHEAD_BYTES
    this.#records += batch.records
    let dropped = 0
    while ((this.#bytes > this.#maxBytes || this.#records > this.#maxRecords) && this.#batches.length > 1) {
      dropped += this.shift()?.records ?? 0
    }
    return dropped
  }
}
