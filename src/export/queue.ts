import type { Division } from './division.js'
import type { Request } from './source.js'
import type { SpoolFile } from './spool/spool.js'

/** A request that is sealed: no record joins it any more. */
export interface Batch extends Request {
  /** Batches are numbered as they are sealed; parts of one have its number. */
  readonly number: number
  /** What it is a part of; left out for a whole one. */
  readonly division?: Division
  /** Where it is kept on disk, in whole. */
  readonly file?: SpoolFile
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

  /** How much of what may wait does, as a share; more than 1 where a single batch is too large. */
  get fullness(): number {
    return Math.max(this.#bytes / this.#maxBytes, this.#records / this.#maxRecords)
  }

  /** Oldest first. */
  get batches(): readonly Batch[] {
    return this.#batches
  }

  get oldest(): Batch | undefined {
    return this.#batches[0]
  }

  /** Appends the newest batch. Returns the oldest that had to go. */
  push(batch: Batch): readonly Batch[] {
    this.#batches.push(batch)
    return this.#grow(batch)
  }

  /** Takes back what `shift` gave last, or its parts. Returns the oldest that had to go, of these first. */
  putBack(...batches: readonly Batch[]): readonly Batch[] {
    this.#batches.unshift(...batches)
    return this.#grow(...batches)
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

  #grow(...batches: readonly Batch[]): readonly Batch[] {
    for (const { body, records } of batches) {
      this.#bytes += body.byteLength + OVERHEAD_BYTES
      this.#records += records
    }
    const dropped: Batch[] = []
    while ((this.#bytes > this.#maxBytes || this.#records > this.#maxRecords) && this.#batches.length > 1) {
      dropped.push(this.shift() as Batch)
    }
    return dropped
  }
}
