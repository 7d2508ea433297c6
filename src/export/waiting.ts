import { createRequire } from 'node:module'
import type { DeliveryConfig, SpoolConfig } from '../config/config.js'
import { runOutside } from '../context/manager.js'
import { setImmediate } from '../context/timers.js'
import { Divider } from './divider.js'
import { type Batch, BatchQueue } from './queue.js'
import type { DeliveryReport } from './report.js'
import type { Signal } from './signal.js'
import type { Spool } from './spool/spool.js'
import type { Accepted, Refused } from './transport/transport.js'

const require = createRequire(import.meta.url)

export interface WaitingSettings {
  readonly signal: Signal
  readonly report: DeliveryReport
  readonly contentType: string
  readonly bounds: DeliveryConfig
  /** Records that may wait; undefined where bytes alone are the bound. */
  readonly maxRecords: number | undefined
  /** Called once, where earlier runs have left something on disk. */
  readonly onBacklog: () => void
  /** Called when `batches` were dropped, for more waits than may. */
  readonly onOverflow: (batches: readonly Batch[]) => void
}

/**
 * The requests that wait for one destination, oldest first: in memory within a bound, and on disk where there is a spool.
 * Who is pushed out of memory waits on disk, or is lost and said.
 */
export class WaitingBatches {
  readonly #report: DeliveryReport
  readonly #queue: BatchQueue
  readonly #divider: Divider
  readonly #spool: Spool | undefined
  readonly #onOverflow: WaitingSettings['onOverflow']
  #isLastMoment = false

  constructor({ signal, report, contentType, bounds, maxRecords, onBacklog, onOverflow }: WaitingSettings) {
    this.#report = report
    this.#onOverflow = onOverflow
    this.#queue = new BatchQueue(bounds.maxQueueBytes, maxRecords ?? Number.POSITIVE_INFINITY)
    this.#divider = new Divider(signal, report, contentType, bounds.maxRequestBytes, ({ file, records }) => {
      if (file !== undefined) this.#spool?.settle(file, records)
    })
    this.#spool = bounds.spool === undefined ? undefined : this.#openSpool(bounds.spool, signal, contentType, onBacklog)
  }

  /** In memory. */
  get batches(): readonly Batch[] {
    return this.#queue.batches
  }

  /** In memory. */
  get records(): number {
    return this.#queue.records
  }

  /** How much of what may wait in memory does, as a share. */
  get fullness(): number {
    return this.#queue.fullness
  }

  /** Something may be on disk that is not in memory. */
  get hasBacklog(): boolean {
    return this.#spool?.hasBacklog === true
  }

  /** What a request may have: less than was set once the server has called one too large. */
  get requestBytes(): number {
    return this.#divider.requestBytes
  }

  /** Appends the newest batch, which is written to disk meanwhile. */
  push(batch: Batch): void {
    const file =
      this.#isLastMoment || this.#spool === undefined ? undefined : runOutside(this.#spool.put, this.#spool, batch)
    this.#pushedOut(this.#queue.push(file === undefined ? batch : { ...batch, file }))
  }

  /** Takes back what `shift` gave last, or its parts. */
  putBack(...batches: readonly Batch[]): void {
    this.#pushedOut(this.#queue.putBack(...batches))
  }

  /** The oldest batch in memory as it is to be sent. */
  shift(): Batch | undefined {
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      const prepared = this.#divider.prepare(batch)
      if (prepared.length === 1) return prepared[0]
      this.putBack(...prepared)
    }
    return undefined
  }

  /** Brings the oldest batch on disk into memory, before all others. `isWanted` is asked when it has been read. */
  async load(isWanted: () => boolean): Promise<void> {
    const kept = this.#spool?.hasBacklog === true ? await this.#spool.next() : undefined
    // Older than all others, so that it is waited for.
    if (kept !== undefined && isWanted()) this.putBack({ ...kept.request, number: 0, file: kept.file })
  }

  /** Returns what is to be sent instead of a batch that was refused; nothing where it is settled. */
  settle(batch: Batch, answer: Accepted | Refused): readonly Batch[] {
    return this.#divider.settle(batch, answer)
  }

  /** No event comes any more: what is done from now on is done before the call returns. */
  lastMoment(): void {
    this.#isLastMoment = true
    this.#spool?.lastMoment()
  }

  /** Gives up `batches` and all in memory, of `records` in all: says what is on disk, and what is lost. */
  lose(batches: readonly Batch[], records: number): void {
    const all = [...batches, ...this.#queue.batches]
    this.#divider.lose(all)
    if (this.#spool === undefined) {
      this.#report.closed(records)
    } else {
      const kept = keep(all, this.#spool)
      this.#report.closed(records - kept, { records: kept, directory: this.#spool.directory })
    }
  }

  clear(): void {
    this.#queue.clear()
  }

  #openSpool(config: SpoolConfig, signal: Signal, contentType: string, onBacklog: () => void): Spool {
    const { Spool } = require('./spool/spool.js') as typeof import('./spool/spool.js')
    const spool = new Spool(config, signal, contentType)
    spool.onDrop = (records) => this.#report.droppedFromSpool(records)
    runOutside(setImmediate<[]>, undefined, () => {
      void spool.start().then(() => {
        if (spool.hasBacklog) onBacklog()
      })
    }).unref()
    return spool
  }

  #pushedOut(batches: readonly Batch[]): void {
    if (batches.length === 0) return
    const dropped = batches.filter((batch) => !this.#leave(batch))
    this.#report.pushedOut(dropped.reduce((sum, { records }) => sum + records, 0))
    this.#divider.lose(dropped)
    if (dropped.length > 0) this.#onOverflow(dropped)
  }

  /** True where the batch is on disk, and may go from memory. */
  #leave({ file, records }: Batch): boolean {
    if (file === undefined || this.#spool === undefined) return false
    if (this.#spool.leave(file, records)) return true
    this.#spool.settle(file, records)
    return false
  }
}

/** Returns how many records are on disk. */
function keep(batches: readonly Batch[], spool: Spool): number {
  spool.lastMoment()
  let kept = 0
  for (const batch of batches) {
    const { file, records } = batch
    const isWhole = file?.left === records
    if (spool.putNow(batch, isWhole ? file : undefined)) kept += records
    // Of one that is divided, parts have arrived: what is left has a file of its own.
    if (file !== undefined && !isWhole) spool.settle(file, records)
  }
  return kept
}
