import { createRequire } from 'node:module'
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import type { DeliveryConfig, SpoolConfig } from '../config/config.js'
import { runOutside } from '../context/manager.js'
import { diag } from '../diag/diag.js'
import { countExporter } from './counters.js'
import { LATE_MILLIS, startDeadline } from './deadline.js'
import { Divider } from './divider.js'
import type { Exporter, Handover } from './exporter.js'
import { type Batch, BatchQueue } from './queue.js'
import { DeliveryReport, type ExportStats, type ReportTuning } from './report.js'
import { BACKOFF, type Backoff, backoffMillis, FLUSH_BACKOFF } from './retry.js'
import type { Signal } from './signal.js'
import type { Spool, SpoolFile } from './spool.js'
import type { Accepted, Answer, Failed, Refused, Transport } from './transport.js'

const require = createRequire(import.meta.url)

/** What fills requests: it is asked when one is to be sent, and in the process's last moment. */
export interface Source {
  /** Records that wait to be taken; a source that collects when it is taken tells whether there is anything to collect. */
  readonly count: number
  /** One request with all that wait, which are then no longer the source's. Called where there are some. */
  take(): Request
}

/** An OTLP request as it is posted. */
export interface Request {
  readonly body: Uint8Array
  /** Records in `body`. */
  readonly records: number
}

export interface OtlpExporterSettings {
  readonly signal: Signal
  readonly source: Source
  readonly transport: Transport
  /** Bounds one attempt; `Infinity` for no limit. */
  readonly attemptMillis: number
  readonly bounds: DeliveryConfig
  /** Records that may wait; undefined where bytes alone are the bound. */
  readonly maxQueueRecords: number | undefined
  readonly tuning?: ExporterTuning
}

/** What tests turn, and what may become settings. */
export interface ExporterTuning extends ReportTuning {
  readonly backoff?: Backoff
  readonly flushBackoff?: Backoff
}

interface Flush {
  /** The newest batch that is waited for. */
  readonly upTo: number
  /** On the monotonic clock. */
  readonly deadline: number
  readonly done: () => void
}

interface Rest {
  /** On the monotonic clock. */
  readonly until: number
  /** The server asked for it, so nothing shortens it. */
  readonly throttled: boolean
  readonly wake: () => void
}

const ACCEPTED: Accepted = { kind: 'accepted', rejected: 0, message: '' }

/**
 * Delivers the requests of one signal to one destination, one at a time, oldest first. What cannot be
 * delivered now stays, within a bound of bytes, and is tried again: with growing pauses, or when the
 * server says so. A request that the server has answered is never sent again.
 *
 * A signal joins by a `Source`. What brings records one by one is a `BatchProcessor`, which is a source
 * of encoded bytes and says when they are due. What collects them at intervals, as metrics are, is a
 * source whose `take` collects; it calls `deliverDue` when the interval has passed, and its `count` tells
 * whether there is anything to collect, so that a process that ends collects once more. Each has its own
 * queue, accounts and lines; the last flush is given all exporters and serves them within one bound.
 *
 * Nothing here keeps the process alive, but for `flush` while it runs.
 */
export class OtlpExporter implements Exporter {
  readonly #signal: Signal
  readonly #source: Source
  readonly #transport: Transport
  readonly #queue: BatchQueue
  readonly #report: DeliveryReport
  readonly #divider: Divider
  readonly #spool: Spool | undefined
  readonly #attemptMillis: number
  readonly #backoff: Backoff
  readonly #flushBackoff: Backoff
  readonly #flushes = new Set<Flush>()
  /** What the source holds goes next, however little it is. */
  #due = false
  /** The number of the newest batch, and of the newest that was there when a flush began. */
  #sealed = 0
  #flushed = 0
  #delivering = false
  #current: Batch | undefined
  #rest: Rest | undefined
  /** Failed attempts in a row. */
  #failures = 0
  /** The destination has answered once, so it exists and a failure is likely to pass. */
  #reached = false
  #closed = false
  /** The event loop stands still, and batches go out by other means: those that have not yet, oldest first. */
  #handedOver: Batch[] | undefined
  /** The one among them that had left, and may have arrived. */
  #unanswered: Handover['unanswered']

  constructor(settings: OtlpExporterSettings) {
    const { signal, source, transport, attemptMillis, bounds, maxQueueRecords, tuning = {} } = settings
    this.#signal = signal
    this.#source = source
    this.#transport = transport
    this.#queue = new BatchQueue(bounds.maxQueueBytes, maxQueueRecords ?? Number.POSITIVE_INFINITY)
    this.#report = new DeliveryReport(signal, transport.destination, tuning)
    const { contentType } = transport.settings
    this.#divider = new Divider(signal, this.#report, contentType, bounds.maxRequestBytes, ({ file, records }) => {
      if (file !== undefined) this.#spool?.settle(file, records)
    })
    this.#attemptMillis = attemptMillis
    this.#backoff = tuning.backoff ?? BACKOFF
    this.#flushBackoff = tuning.flushBackoff ?? FLUSH_BACKOFF
    countExporter(this, signal, transport.settings.protocol, maxQueueRecords)
    this.#spool = bounds.spool === undefined ? undefined : this.#openSpool(bounds.spool, contentType)
  }

  get stats(): ExportStats {
    const { exported, dropped, failed } = this.#report
    return { exported, dropped, failed, queued: this.#waiting() }
  }

  /** Records that are being sent. */
  get inFlight(): number {
    return this.#current?.records ?? 0
  }

  get unflushed(): boolean {
    return !this.#closed && (this.#source.count > 0 || this.#sealed > this.#flushed)
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** A source that holds as many bytes has enough for a request. */
  get enoughBytes(): number {
    // Half, so that the last record and what stands beside the records have room.
    return this.#divider.requestBytes / 2
  }

  /** Makes a request of what the source holds, and sends it in its turn. */
  deliver(): void {
    this.#seal()
    this.#deliver()
  }

  /** The same, but not behind others: while the collector is away, what the source holds goes on to grow. */
  deliverDue(): void {
    if (this.#source.count === 0) return
    this.#due = true
    this.#deliver()
  }

  /** Counts records that came too late or could not be made a request. */
  drop(records: number): void {
    this.#report.dropped += records
  }

  /**
   * Sends what waits now. Resolves when all of it is delivered or refused, when no attempt can
   * succeed in the time left, or after `timeoutMillis`; what is left then goes on waiting. Keeps
   * the process alive meanwhile. Never rejects.
   */
  flush(timeoutMillis: number): Promise<void> {
    return runOutside(this.#flush, this, timeoutMillis)
  }

  /**
   * Ends delivery at once: what still waits is lost, and said in one line. Synchronous, so that it
   * can be the last thing in the process's `exit` event. Later records are counted as dropped.
   */
  close(): void {
    if (this.#closed) return
    this.#lose()
    this.#closed = true
    this.#queue.clear()
    this.#transport.close()
    this.#rest?.wake()
    for (const flush of this.#flushes) flush.done()
  }

  handOver(): readonly Handover[] {
    if (this.#closed) return []
    this.#delivering = true
    this.#spool?.lastMoment()
    this.#seal()
    const batches = this.#handedOver ?? []
    this.#handedOver = batches
    this.#interrupt(batches)
    for (let batch = this.#shift(); batch !== undefined; batch = this.#shift()) batches.push(batch)
    if (batches.length === 0) return []
    const unanswered = this.#unanswered
    return [
      {
        transport: this.#transport.settings,
        batches: batches.filter((batch) => batch !== unanswered?.batch),
        unanswered,
        settle: (batch, answer) => this.#settleLast(batch, answer),
        suspect: (reason) => this.#report.suspect(reason),
      },
    ]
  }

  conclude(): void {
    if (this.#closed) return
    this.#lose()
    this.#handedOver = []
  }

  /** Ends the attempt under way. What may be sent again, or may yet turn out so, joins `batches`. */
  #interrupt(batches: Batch[]): void {
    const batch = this.#current
    if (batch === undefined) return
    this.#current = undefined
    const interrupted = this.#transport.interrupt() ?? { kind: 'unsent' }
    if (interrupted.kind === 'answered' && interrupted.answer.kind !== 'failed') {
      batches.push(...this.#settle(batch, interrupted.answer))
    } else if (interrupted.kind === 'sent' && interrupted.look === undefined) {
      // Most likely it has arrived, and spans that are sent twice are worse than some that nobody has confirmed.
      this.#settle(batch, ACCEPTED)
    } else {
      batches.push(batch)
      if (interrupted.kind === 'sent' && interrupted.look !== undefined)
        this.#unanswered = { batch, look: interrupted.look }
    }
  }

  #settleLast(batch: Batch, answer: Answer): boolean {
    const hadLeft = batch === this.#unanswered?.batch
    if (hadLeft) this.#unanswered = undefined
    if (answer.kind === 'failed') {
      this.#report.attemptFailed(performance.now(), answer.reason)
      return hadLeft
    }
    const batches = this.#handedOver ?? []
    const parts = this.#settle(batch, answer)
    batches.splice(batches.indexOf(batch), 1, ...parts)
    return parts.length > 0
  }

  #lose(): void {
    this.#seal()
    const handedOver = this.#handedOver ?? []
    const current = this.#current === undefined ? [] : [this.#current]
    const batches = [...handedOver, ...current, ...this.#queue.batches]
    this.#divider.lose(batches)
    const waiting = this.#waiting()
    if (this.#spool === undefined) {
      this.#report.closed(waiting)
      return
    }
    const records = this.#keep(batches, this.#spool)
    this.#report.closed(waiting - records, { records, directory: this.#spool.directory })
  }

  /** Returns how many records are on disk. */
  #keep(batches: readonly Batch[], spool: Spool): number {
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

  #openSpool(config: SpoolConfig, contentType: string): Spool {
    const { Spool } = require('./spool.js') as typeof import('./spool.js')
    const spool = new Spool(config, this.#signal, contentType)
    spool.onDrop = (records) => this.#report.droppedFromSpool(records)
    runOutside(setImmediate<[]>, undefined, () => {
      void spool.start().then(() => {
        if (spool.hasBacklog) this.#deliver()
      })
    }).unref()
    return spool
  }

  #waiting(): number {
    if (this.#closed) return 0
    const handedOver = this.#handedOver?.reduce((sum, { records }) => sum + records, 0) ?? 0
    return handedOver + this.#queue.records + (this.#current?.records ?? 0) + this.#source.count
  }

  #seal(): void {
    this.#due = false
    const { count } = this.#source
    if (count === 0) return
    try {
      const request = this.#source.take()
      const file = runOutside(this.#put, this, request)
      this.#pushedOut(this.#queue.push({ ...request, number: ++this.#sealed, ...(file === undefined ? {} : { file }) }))
    } catch (error) {
      this.drop(count)
      diag.fault(`the encoder of ${this.#signal.many}`, error)
    }
  }

  #put(request: Request): SpoolFile | undefined {
    return this.#handedOver === undefined ? this.#spool?.put(request) : undefined
  }

  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    // Not in the turn of the span that filled the batch: the program goes first.
    runOutside(setImmediate<[]>, undefined, () => this.#deliverAll())
  }

  async #deliverAll(): Promise<void> {
    for (;;) {
      const batch = this.#next() ?? (this.#spool === undefined ? undefined : await this.#fromSpool(this.#spool))
      if (batch === undefined) break
      if (this.#flushes.size === 0) this.#report.tryingAgain()
      const startMillis = performance.now()
      this.#current = batch
      const answer = await this.#post(batch)
      if (this.#closed || this.#handedOver !== undefined) return
      this.#current = undefined
      if (answer.kind === 'failed') {
        this.#report.attemptFailed(startMillis, answer.reason)
        this.#pushedOut(this.#queue.putBack(batch))
        await this.#pause(answer)
      } else {
        this.#pushedOut(this.#queue.putBack(...this.#settle(batch, answer)))
      }
      this.#endFlushes()
    }
    this.#delivering = false
    this.#report.drained()
    this.#endFlushes()
  }

  #next(): Batch | undefined {
    if (this.#closed || this.#handedOver !== undefined) return undefined
    // Small batches are not sealed behind others: while the collector is away they go on to fill.
    if (this.#due && this.#queue.oldest === undefined) this.#seal()
    return this.#shift()
  }

  /** Something that is not in memory, or has come meanwhile. */
  async #fromSpool(spool: Spool): Promise<Batch | undefined> {
    const kept = spool.hasBacklog ? await spool.next() : undefined
    if (kept === undefined) return this.#next()
    const { file, request } = kept
    if (this.#closed || this.#handedOver !== undefined) return undefined
    // Older than all others, so that it is waited for.
    this.#pushedOut(this.#queue.putBack({ ...request, number: 0, file }))
    return this.#next()
  }

  /** The oldest batch as it is to be sent. */
  #shift(): Batch | undefined {
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      const prepared = this.#divider.prepare(batch)
      if (prepared.length === 1) return prepared[0]
      this.#pushedOut(this.#queue.putBack(...prepared))
    }
    return undefined
  }

  #pushedOut(batches: readonly Batch[]): void {
    if (batches.length === 0) return
    const dropped = batches.filter((batch) => !this.#leave(batch))
    this.#report.pushedOut(dropped.reduce((sum, { records }) => sum + records, 0))
    this.#divider.lose(dropped)
  }

  /** True where the batch is on disk, and may go from memory. */
  #leave({ file, records }: Batch): boolean {
    if (file === undefined || this.#spool === undefined) return false
    if (this.#spool.leave(file, records)) return true
    this.#spool.settle(file, records)
    return false
  }

  async #post(batch: Batch): Promise<Answer> {
    try {
      return await this.#transport.post(batch.body, this.#attemptMillis)
    } catch (error) {
      diag.fault(`the exporter of ${this.#signal.many}`, error)
      return { kind: 'refused', reason: 'an internal error' }
    }
  }

  /** Returns the parts that are to be sent instead, if any. */
  #settle(batch: Batch, answer: Accepted | Refused): readonly Batch[] {
    this.#failures = 0
    this.#reached = true
    return this.#divider.settle(batch, answer)
  }

  /** Waits before the next attempt; those who flush and have less time are let go. */
  async #pause({ reached, waitMillis }: Failed): Promise<void> {
    this.#reached ||= reached
    const attempt = this.#failures++
    const throttled = waitMillis !== undefined
    if (this.#flushes.size > 0) {
      // A collector that was never there is not waited for: most programs run without one at times.
      const hope = this.#reached ? backoffMillis(attempt, this.#flushBackoff) : Number.POSITIVE_INFINITY
      const flushMillis = waitMillis ?? hope
      this.#endFlushes(performance.now() + flushMillis)
      if (this.#flushes.size > 0) return this.#sleep(flushMillis, throttled)
    }
    return this.#sleep(waitMillis ?? backoffMillis(attempt, this.#backoff), throttled)
  }

  #sleep(millis: number, throttled: boolean): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#rest = undefined
        resolve()
      }
      const until = performance.now() + millis
      const timer = setTimeout(() => {
        const late = performance.now() - until
        if (late > LATE_MILLIS) this.#report.stoodStill(late)
        wake()
      }, millis)
      timer.unref()
      this.#rest = { until, throttled, wake }
      diag.debug(`${this.#transport.destination} is tried again in ${Math.round(millis)} ms`)
    })
  }

  #flush(timeoutMillis: number): Promise<void> {
    this.#seal()
    this.#flushed = this.#sealed
    if (this.#closed || this.#isSettled(this.#sealed)) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        this.#flushes.delete(flush)
        resolve()
      }
      const cancel = startDeadline(timeoutMillis, true, () => {
        done()
        this.#onFlushTimeout(timeoutMillis)
      })
      const flush = { upTo: this.#sealed, deadline: performance.now() + timeoutMillis, done }
      this.#flushes.add(flush)
      this.#failures = 0
      this.#deliver()
      if (this.#rest?.throttled) this.#endFlushes(this.#rest.until)
      else this.#rest?.wake()
    })
  }

  #onFlushTimeout(timeoutMillis: number): void {
    if (this.#flushes.size > 0 || this.#current === undefined) return
    this.#report.suspect(`no answer within ${Math.round(timeoutMillis)} ms`)
    this.#transport.release()
  }

  /** Ends the flushes whose batches are settled, and those that end before an attempt at `nextAttempt`. */
  #endFlushes(nextAttempt: number = Number.NEGATIVE_INFINITY): void {
    for (const flush of this.#flushes) {
      if (this.#isSettled(flush.upTo) || flush.deadline <= nextAttempt) flush.done()
    }
  }

  #isSettled(upTo: number): boolean {
    return (
      (this.#current?.number ?? Number.POSITIVE_INFINITY) > upTo &&
      (this.#queue.oldest?.number ?? Number.POSITIVE_INFINITY) > upTo &&
      this.#spool?.hasBacklog !== true
    )
  }
}
