import type { DeliveryConfig } from '../config/config.js'
import type { Metric } from '../metrics/metric.js'
import type { MetricReader } from '../metrics/reader.js'
import type { Encoder } from '../otlp/encoder.js'
import { now } from '../trace/clock.js'
import { type ExporterTuning, OtlpExporter } from './otlp-exporter.js'
import { METRICS } from './signal.js'
import type { Source } from './source.js'
import type { Transport } from './transport/transport.js'

export interface MetricExporterSettings {
  readonly reader: MetricReader
  readonly encoder: Encoder<Metric>
  readonly transport: Transport
  /** Bounds one attempt; `Infinity` for no limit. */
  readonly attemptMillis: number
  readonly bounds: DeliveryConfig
  readonly tuning?: ExporterTuning
}

/**
 * Delivers what its reader collects, when `collect` is called and once more when the process ends: then only where
 * something was measured since or is to be observed, so that a program that measures nothing ends without a word to the
 * collector.
 */
export class MetricExporter extends OtlpExporter {
  readonly #reader: MetricReader
  readonly #encoder: Encoder<Metric>

  constructor({ reader, encoder, transport, attemptMillis, bounds, tuning }: MetricExporterSettings) {
    super({
      signal: METRICS,
      source: sourceOf(reader, encoder),
      transport,
      attemptMillis,
      bounds,
      maxQueueRecords: undefined,
      ...(tuning === undefined ? {} : { tuning }),
    })
    this.#reader = reader
    this.#encoder = encoder
  }

  /** Collects and sends, and waits for callbacks `timeoutMillis` at most. Never rejects. */
  async collect(timeoutMillis: number): Promise<void> {
    await this.#reader.collect(timeoutMillis, (metric) => this.#add(metric))
    if (this.#encoder.count > 0) this.deliver()
  }

  /** Half of the time is for callbacks, so that one that never ends does not cost what has been measured. */
  override async flush(timeoutMillis: number): Promise<void> {
    const began = now()
    if (this.#reader.touched) await this.#reader.collect(timeoutMillis / 2, (metric) => this.#add(metric), true)
    await super.flush(timeoutMillis - (now() - began))
  }

  #add(metric: Metric): void {
    this.#encoder.add(metric)
    if (this.#encoder.byteLength >= this.enoughBytes) this.deliver()
  }
}

function sourceOf(reader: MetricReader, encoder: Encoder<Metric>): Source {
  return {
    get count() {
      return encoder.count > 0 ? encoder.count : reader.touched ? 1 : 0
    },
    take() {
      if (encoder.count === 0) reader.collectNow((metric) => encoder.add(metric))
      const records = encoder.count
      return { records, body: encoder.take() }
    },
  }
}
