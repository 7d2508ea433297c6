import { setTimeout } from 'node:timers'
import type { BatchConfig, DeliveryConfig } from '../config/config.js'
import { runOutside } from '../context/manager.js'
import type { Encoder } from '../otlp/encoder.js'
import { type ExporterTuning, OtlpExporter } from './otlp-exporter.js'
import type { Pressure } from './pressure.js'
import type { Signal } from './signal.js'
import type { Source } from './source.js'
import type { Transport } from './transport/transport.js'

export interface BatchProcessorSettings<Data> {
  readonly signal: Signal
  readonly encoder: Encoder<Data>
  readonly transport: Transport
  readonly batch: BatchConfig
  /** Bounds one attempt, together with `batch.exportTimeoutMillis`; `Infinity` for no limit. */
  readonly timeoutMillis: number
  readonly bounds: DeliveryConfig
  /** Where load can be shed. */
  readonly pressure?: Pressure | undefined
  readonly tuning?: ExporterTuning
}

/**
 * Encodes records as they end and exports them in batches: one leaves when it is full, by number or
 * bytes, and at the latest some time after its first record.
 */
export class BatchProcessor<Data> extends OtlpExporter {
  readonly #encoder: Encoder<Data>
  readonly #batchRecords: number
  readonly #delayMillis: number
  readonly #pressure: Pressure | undefined
  #delay: NodeJS.Timeout | undefined
  /** When the timer is to fire, on the monotonic clock. */
  #due = 0

  constructor({ encoder, batch, timeoutMillis, ...settings }: BatchProcessorSettings<Data>) {
    super({
      ...settings,
      source: sourceOf(encoder),
      attemptMillis: Math.min(timeoutMillis, batch.exportTimeoutMillis),
      maxQueueRecords: batch.maxQueueSize,
    })
    this.#encoder = encoder
    this.#batchRecords = batch.maxExportBatchSize
    this.#delayMillis = batch.scheduleDelayMillis
    this.#pressure = settings.pressure
  }

  onEnd(record: Data): void {
    if (this.isClosed) {
      this.drop(1)
      return
    }
    const encoder = this.#encoder
    encoder.add(record)
    if (encoder.count >= this.#batchRecords || encoder.byteLength >= this.enoughBytes) this.deliver()
    else if (this.#delay === undefined) this.#startDelay()
  }

  #startDelay(): void {
    // Outside the program's context, which the timer would keep in memory.
    this.#delay = runOutside(setTimeout<[]>, undefined, () => this.#onDelay(), this.#delayMillis)
    this.#delay.unref()
    if (this.#pressure !== undefined) this.#due = performance.now() + this.#delayMillis
  }

  #onDelay(): void {
    this.#delay = undefined
    this.#pressure?.looked(performance.now() - this.#due)
    this.deliverDue()
  }
}

function sourceOf<Data>(encoder: Encoder<Data>): Source {
  return {
    get count() {
      return encoder.count
    },
    take() {
      const records = encoder.count
      return { records, body: encoder.take() }
    },
  }
}
