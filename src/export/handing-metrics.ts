import type { HandingReader } from '../metrics/handing.js'
import type { Exporter, Handover } from './exporter.js'

/** In a worker thread, in the place of the exporters of metrics: brings out its last word, and what it delivers itself. */
export class HandingMetrics implements Exporter {
  readonly #reader: HandingReader
  /** None as long as all could be handed over. */
  readonly #own: () => readonly Exporter[]

  constructor(reader: HandingReader, own: () => readonly Exporter[]) {
    this.#reader = reader
    this.#own = own
  }

  get unflushed(): boolean {
    return this.#own().some(({ unflushed }) => unflushed)
  }

  async flush(timeoutMillis: number): Promise<void> {
    await Promise.all(this.#own().map((exporter) => exporter.flush(timeoutMillis)))
  }

  close(): void {
    for (const exporter of this.#own()) exporter.close()
  }

  handOver(): readonly Handover[] {
    return this.#own().flatMap((exporter) => exporter.handOver())
  }

  conclude(): void {
    this.#reader.observeNow()
    for (const exporter of this.#own()) exporter.conclude()
  }
}
