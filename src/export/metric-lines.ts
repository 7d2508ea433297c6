import type { Metric } from '../metrics/metric.js'
import type { MetricReader } from '../metrics/reader.js'
import type { Encoder } from '../otlp/encoder.js'
import type { Exporter } from './exporter.js'
import { LineExporter } from './lines.js'
import type { Output } from './output.js'
import { METRICS } from './signal.js'

/** A collection is a line, unless it is very large. */
const BATCH = {
  scheduleDelayMillis: 0,
  maxQueueSize: undefined,
  maxExportBatchSize: Number.POSITIVE_INFINITY,
  exportTimeoutMillis: Number.POSITIVE_INFINITY,
}

/** Writes each collection as OTLP/JSON, and the last one when the process ends, where there is something to be collected. */
export class MetricLines implements Exporter {
  readonly #reader: MetricReader
  readonly #lines: LineExporter<Metric>

  constructor(reader: MetricReader, encoder: Encoder<Metric>, output: Output) {
    this.#reader = reader
    this.#lines = new LineExporter({ signal: METRICS, encoder, output, batch: BATCH })
  }

  get unflushed(): boolean {
    return this.#reader.touched
  }

  /** Waits for callbacks `timeoutMillis` at most. Never rejects. */
  async collect(timeoutMillis: number, isLast = false): Promise<void> {
    await this.#reader.collect(timeoutMillis, (metric) => this.#lines.onEnd(metric), isLast)
    this.#lines.close()
  }

  async flush(timeoutMillis: number): Promise<void> {
    if (this.unflushed) await this.collect(timeoutMillis, true)
  }

  close(): void {
    if (!this.unflushed) return
    this.#reader.collectNow((metric) => this.#lines.onEnd(metric))
    this.#lines.close()
  }

  handOver(): readonly [] {
    this.close()
    return []
  }

  conclude(): void {
    this.#lines.conclude()
  }
}
