import type { BatchConfig, DeliveryConfig } from '../config/config.js'
import { runOutside } from '../context/manager.js'
import { setTimeout } from '../context/timers.js'
import type { Encoder } from '../otlp/encoder.js'
import { now } from '../trace/clock.js'
import { BatchSource } from './batch-source.js'
import { type ExporterTuning, OtlpExporter } from './otlp-exporter.js'
import type { Pressure } from './pressure.js'
import type { Signal } from './signal.js'
import type { Transport } from './transport/transport.js'

export interface BatchProcessorSettings<Data> {
  readonly signal: Signal
  readonly encoder: Encoder<Data>
  /** How many records are encoded together: more than 1 where nobody changes them after their end. Default: 1. */
  readonly together?: number
  /** Puts the rest on a record that has ended, just before it is encoded. */
  readonly conclude?: ((record: Data) => void) | undefined
  /** Called when some have been encoded, and nobody looks at them any more. */
  readonly encoded?: (() => void) | undefined
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
 * Exports records in batches: one leaves when it is full, by number or bytes, and at the latest some time after its
 * first record.
 */
export class BatchProcessor<Data> extends OtlpExporter {
  readonly #source: BatchSource<Data>
  readonly #conclude: ((record: Data) => void) | undefined
  readonly #delayMillis: number
  readonly #pressure: Pressure | undefined
  #delay: NodeJS.Timeout | undefined
  /** When the timer is to fire, on the monotonic clock. */
  #due = 0

  constructor(given: BatchProcessorSettings<Data>) {
    const { encoder, together = 1, conclude, encoded, batch, timeoutMillis, ...settings } = given
    const source = new BatchSource(encoder, together, batch.maxExportBatchSize, conclude, encoded)
    super({
      ...settings,
      source,
      attemptMillis: Math.min(timeoutMillis, batch.exportTimeoutMillis),
      maxQueueRecords: batch.maxQueueSize,
    })
    this.#source = source
    this.#conclude = conclude
    this.#delayMillis = batch.scheduleDelayMillis
    this.#pressure = settings.pressure
  }

  onEnd(record: Data): void {
    if (this.isClosed) {
      this.#conclude?.(record)
      this.drop(1)
      return
    }
    const source = this.#source
    if (source.add(record) && (source.isFull || source.byteLength >= this.enoughBytes)) this.deliver()
    else if (this.#delay === undefined) this.#startDelay()
  }

  /** Has the records concluded that wait for it. */
  concludeAll(): void {
    this.#source.encode()
  }

  #startDelay(): void {
    // Outside the program's context, which the timer would keep in memory.
    this.#delay = runOutside(setTimeout<[]>, undefined, () => this.#onDelay(), this.#delayMillis)
    this.#delay.unref()
    if (this.#pressure !== undefined) this.#due = now() + this.#delayMillis
  }

  #onDelay(): void {
    this.#delay = undefined
    this.#pressure?.looked(now() - this.#due)
    this.deliverDue()
  }
}
