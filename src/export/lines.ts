import type { BatchConfig } from '../config/config.js'
import { runOutside } from '../context/manager.js'
import { setTimeout } from '../context/timers.js'
import { diag } from '../diag/diag.js'
import type { Encoder } from '../otlp/encoder.js'
import type { Exporter } from './exporter.js'
import type { Output } from './output.js'
import { counted, type Signal } from './signal.js'
import { reasonOf } from './transport/transport.js'

export interface LineExporterSettings<Data> {
  readonly signal: Signal
  /** Of OTLP/JSON. */
  readonly encoder: Encoder<Data>
  readonly output: Output
  readonly batch: BatchConfig
}

/** A line of this many bytes is written though it has few records. */
const ENOUGH_BYTES = 1024 * 1024

/**
 * Writes OTLP/JSON, one request a line (protocol/file-exporter.md of the specification). What cannot be
 * written is lost and counted; that it cannot, and that it can again, is said in one line each.
 */
export class LineExporter<Data> implements Exporter {
  readonly #signal: Signal
  readonly #encoder: Encoder<Data>
  readonly #output: Output
  readonly #batch: BatchConfig
  #delay: NodeJS.Timeout | undefined
  #exported = 0
  #dropped = 0
  /** What was lost before the writing began to fail; undefined while it does not. */
  #droppedBefore: number | undefined

  constructor({ signal, encoder, output, batch }: LineExporterSettings<Data>) {
    this.#signal = signal
    this.#encoder = encoder
    this.#output = output
    this.#batch = batch
  }

  get stats(): { readonly exported: number; readonly dropped: number } {
    return { exported: this.#exported, dropped: this.#dropped }
  }

  get unflushed(): boolean {
    return this.#encoder.count > 0
  }

  onEnd(record: Data): void {
    const encoder = this.#encoder
    encoder.add(record)
    if (encoder.count >= this.#batch.maxExportBatchSize || encoder.byteLength >= ENOUGH_BYTES) this.#write()
    else if (this.#delay === undefined) this.#startDelay()
  }

  async flush(): Promise<void> {
    this.#write()
  }

  /** As `flush`, before it returns. Records that come later are written all the same. */
  close(): void {
    this.#write()
  }

  handOver(): readonly [] {
    this.#write()
    return []
  }

  conclude(): void {
    if (this.#droppedBefore === undefined) return
    const lost = counted(this.#dropped - this.#droppedBefore, this.#signal)
    this.#droppedBefore = undefined
    diag.warn(`lost ${lost}, not written to ${this.#output.name}`)
  }

  #startDelay(): void {
    const onDelay = () => {
      this.#delay = undefined
      this.#write()
    }
    this.#delay = runOutside(setTimeout<[]>, undefined, onDelay, this.#batch.scheduleDelayMillis)
    this.#delay.unref()
  }

  #write(): void {
    const records = this.#encoder.count
    if (records === 0) return
    try {
      this.#output.write(this.#encoder.take())
      this.#exported += records
      this.#worked()
    } catch (error) {
      this.#failed(reasonOf(error))
      this.#dropped += records
    }
  }

  #worked(): void {
    if (this.#droppedBefore === undefined) return
    const lost = this.#dropped - this.#droppedBefore
    this.#droppedBefore = undefined
    diag.info(`${this.#output.name} can be written again: ${counted(lost, this.#signal)} lost`)
  }

  #failed(reason: string): void {
    if (this.#droppedBefore !== undefined) return
    this.#droppedBefore = this.#dropped
    diag.warn(`cannot write ${this.#signal.many} to ${this.#output.name}: ${reason}; they are lost until it can`)
  }
}
