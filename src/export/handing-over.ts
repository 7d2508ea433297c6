import type { Encoder } from '../otlp/encoder.js'
import type { BatchProcessor } from './batch.js'
import type { Exporter, Handover } from './exporter.js'
import type { Request } from './source.js'
import type { HandedSignal, ThreadRing } from './thread-ring.js'

/** With less room than this in the shared memory the thread delivers by itself: the main thread is busy. */
const ENOUGH_BYTES = 64 * 1024

export interface HandingOverSettings<Data> {
  readonly signal: HandedSignal
  readonly encoder: Encoder<Data>
  readonly ring: ThreadRing
  /** Delivers what the main thread cannot take over. */
  readonly createOwn: () => BatchProcessor<Data>
}

/**
 * In a worker thread, in the place of an exporter: hands each record over to the main thread when it ends, so that it
 * is not lost with a thread that is terminated, or whose process ends. A record for itself, and at once: a thread that has
 * told its result is terminated before the turn of its event loop is over.
 */
export class HandingOver<Data> implements Exporter {
  readonly #signal: HandedSignal
  readonly #encoder: Encoder<Data>
  readonly #ring: ThreadRing
  readonly #createOwn: () => BatchProcessor<Data>
  #own: BatchProcessor<Data> | undefined

  constructor({ signal, encoder, ring, createOwn }: HandingOverSettings<Data>) {
    this.#signal = signal
    this.#encoder = encoder
    this.#ring = ring
    this.#createOwn = createOwn
  }

  onEnd(record: Data): void {
    if (this.#ring.freeBytes < ENOUGH_BYTES) {
      this.#deliverer().onEnd(record)
      return
    }
    const encoder = this.#encoder
    encoder.add(record)
    const { count } = encoder
    if (count > 0) this.adopt({ records: count, body: encoder.take() })
  }

  /** Hands on what a thread of this thread's has handed over. */
  adopt(request: Request): void {
    if (!this.#ring.write(this.#signal, request)) this.#deliverer().adopt(request)
  }

  get unflushed(): boolean {
    return this.#own?.unflushed === true
  }

  async flush(timeoutMillis: number): Promise<void> {
    await this.#own?.flush(timeoutMillis)
  }

  close(): void {
    this.#own?.close()
  }

  handOver(): readonly Handover[] {
    return this.#own?.handOver() ?? []
  }

  conclude(): void {
    this.#own?.conclude()
  }

  #deliverer(): BatchProcessor<Data> {
    this.#own ??= this.#createOwn()
    return this.#own
  }
}
