import type { DeliveryConfig } from '../config/config.js'
import { runOutside } from '../context/manager.js'
import { setImmediate } from '../context/timers.js'
import { diag } from '../diag/diag.js'
import { now } from '../trace/clock.js'
import { countExporter, type TellExported } from './counters.js'
import { LATE_MILLIS } from './deadline.js'
import type { Exporter, Handover } from './exporter.js'
import { Flushes } from './flushes.js'
import { Pause } from './pause.js'
import type { Pressure } from './pressure.js'
import type { Batch } from './queue.js'
import { DeliveryReport, type ExportStats, type ReportTuning } from './report.js'
import type { Backoff } from './retry.js'
import type { Signal } from './signal.js'
import type { Request, Source } from './source.js'
import {
  type Accepted,
  type Answer,
  errorTypeOf,
  type Failed,
  type Refused,
  type Transport,
} from './transport/transport.js'
import { WaitingBatches } from './waiting.js'

export interface OtlpExporterSettings {
  readonly signal: Signal
  readonly source: Source
  readonly transport: Transport
  /** Bounds one attempt; `Infinity` for no limit. */
  readonly attemptMillis: number
  readonly bounds: DeliveryConfig
  /** Records that may wait; undefined where bytes alone are the bound. */
  readonly maxQueueRecords: number | undefined
  /** Where load can be shed. */
  readonly pressure?: Pressure | undefined
  readonly tuning?: ExporterTuning
}

/** What tests turn, and what may become settings. */
export interface ExporterTuning extends ReportTuning {
  readonly backoff?: Backoff
  readonly flushBackoff?: Backoff
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
  readonly #report: DeliveryReport
  readonly #waiting: WaitingBatches
  readonly #attemptMillis: number
  readonly #flushes = new Flushes()
  readonly #pause: Pause
  readonly #tellExported: TellExported
  /** The request that is tried, since when on the monotonic clock, and what became of the last attempt. */
  #trying: { readonly number: number; readonly sinceMillis: number; failed?: Failed } | undefined
  /** What the source holds goes next, however little it is. */
  #due = false
  /** The number of the newest batch, and of the newest that was there when a flush began. */
  #sealed = 0
  #flushed = 0
  #delivering = false
  #current: Batch | undefined
  #closed = false
  /** The event loop stands still, and batches go out by other means: those that have not yet, oldest first. */
  #handedOver: Batch[] | undefined
  /** The one among them that had left, and may have arrived. */
  #unanswered: Handover['unanswered']

  constructor(settings: OtlpExporterSettings) {
    const { signal, source, transport, attemptMillis, bounds, maxQueueRecords, pressure, tuning = {} } = settings
    this.#signal = signal
    this.#source = source
    this.#transport = transport
    this.#report = new DeliveryReport(signal, transport.destination, tuning)
    this.#waiting = new WaitingBatches({
      signal,
      report: this.#report,
      contentType: transport.settings.contentType,
      bounds,
      maxRecords: maxQueueRecords,
      onBacklog: () => this.#deliver(),
      onOverflow: (batches) => {
        pressure?.overflowed()
        this.#giveUp(batches)
      },
    })
    this.#attemptMillis = attemptMillis
    this.#pause = new Pause(tuning.backoff, tuning.flushBackoff)
    this.#tellExported = countExporter(this, signal, transport.settings, maxQueueRecords)
  }

  get stats(): ExportStats {
    const { exported, dropped, failed } = this.#report
    return { exported, dropped, failed, queued: this.#records() }
  }

  /** How much of what may wait does, as a share. */
  get fullness(): number {
    return this.#waiting.fullness
  }

  /** Records that are being sent, or wait to be sent again. */
  get inFlight(): number {
    const batch = this.#current ?? this.#waiting.batches[0]
    return batch !== undefined && batch.number === this.#trying?.number ? batch.records : 0
  }

  get failures(): ReadonlyMap<string, number> {
    return this.#report.failures
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
    return this.#waiting.requestBytes / 2
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

  /** Sends a request that another thread has made, in its turn. */
  adopt(request: Request): void {
    if (this.#closed) {
      this.drop(request.records)
      return
    }
    this.#waiting.push({ ...request, number: ++this.#sealed })
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
    this.#waiting.clear()
    this.#transport.close()
    this.#pause.end()
    this.#flushes.endAll()
  }

  handOver(): readonly Handover[] {
    if (this.#closed) return []
    this.#delivering = true
    this.#waiting.lastMoment()
    this.#seal()
    const batches = this.#handedOver ?? []
    this.#handedOver = batches
    this.#interrupt(batches)
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) batches.push(batch)
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
    this.#report.attempted(batch, answer)
    const hadLeft = batch === this.#unanswered?.batch
    if (hadLeft) this.#unanswered = undefined
    if (answer.kind === 'failed') {
      this.#report.attemptFailed(now(), answer.reason)
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
    this.#waiting.lose([...handedOver, ...current], this.#records())
  }

  /** All that are not settled. */
  #records(): number {
    if (this.#closed) return 0
    const handedOver = this.#handedOver?.reduce((sum, { records }) => sum + records, 0) ?? 0
    return handedOver + this.#waiting.records + (this.#current?.records ?? 0) + this.#source.count
  }

  #seal(): void {
    this.#due = false
    const { count } = this.#source
    if (count === 0) return
    try {
      const request = this.#source.take()
      // Callbacks may have had nothing to tell.
      if (request.records > 0) this.#waiting.push({ ...request, number: ++this.#sealed })
    } catch (error) {
      this.drop(count)
      diag.fault(`the encoder of ${this.#signal.many}`, error)
    }
  }

  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    // Not in the turn of the span that filled the batch: the program goes first.
    runOutside(setImmediate<[]>, undefined, () => this.#deliverAll())
  }

  async #deliverAll(): Promise<void> {
    for (;;) {
      const batch = this.#next() ?? (this.#waiting.hasBacklog ? await this.#nextFromDisk() : undefined)
      if (batch === undefined) break
      if (this.#flushes.size === 0) this.#report.tryingAgain()
      const startMillis = now()
      if (this.#trying?.number !== batch.number) this.#trying = { number: batch.number, sinceMillis: startMillis }
      const { sinceMillis } = this.#trying
      this.#current = batch
      const answer = await this.#post(batch)
      this.#report.attempted(batch, answer, now() - startMillis)
      if (this.#isOver) return
      this.#current = undefined
      if (answer.kind === 'failed') {
        this.#report.attemptFailed(startMillis, answer.reason)
        this.#trying.failed = answer
        this.#waiting.putBack(batch)
        await this.#pauseAfter(answer)
      } else {
        this.#trying = undefined
        this.#tellExported(now() - sinceMillis, answer)
        this.#waiting.putBack(...this.#settle(batch, answer))
      }
      this.#endFlushes()
    }
    this.#delivering = false
    this.#report.drained()
    this.#endFlushes()
  }

  /** Of what was dropped, the request that was tried in vain has ended with its last attempt. */
  #giveUp(batches: readonly Batch[]): void {
    const { number, sinceMillis, failed } = this.#trying ?? {}
    const batch = batches.find((batch) => batch.number === number)
    if (batch === undefined || sinceMillis === undefined || failed === undefined || this.#current !== undefined) return
    this.#trying = undefined
    this.#report.sentInVain(batch.records, errorTypeOf(failed))
    this.#tellExported(now() - sinceMillis, failed)
  }

  /** Nothing is sent by this thread any more. */
  get #isOver(): boolean {
    return this.#closed || this.#handedOver !== undefined
  }

  #next(): Batch | undefined {
    if (this.#isOver) return undefined
    // Small batches are not sealed behind others: while the collector is away they go on to fill.
    if (this.#due && this.#waiting.batches.length === 0) this.#seal()
    return this.#waiting.shift()
  }

  /** Something that is not in memory, or has come meanwhile. */
  async #nextFromDisk(): Promise<Batch | undefined> {
    await this.#waiting.load(() => !this.#isOver)
    return this.#next()
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
    this.#pause.answered()
    return this.#waiting.settle(batch, answer)
  }

  /** Waits before the next attempt; those who flush and have less time are let go. */
  async #pauseAfter({ reached, waitMillis }: Failed): Promise<void> {
    this.#pause.failed(reached)
    const flushMillis = waitMillis ?? this.#pause.flushMillis
    this.#endFlushes(now() + flushMillis)
    const millis = this.#flushes.size > 0 ? flushMillis : (waitMillis ?? this.#pause.millis)
    const pause = this.#pause.wait(millis, waitMillis !== undefined)
    diag.debug(`${this.#transport.destination} is tried again in ${Math.round(millis)} ms`)
    const lateMillis = await pause
    if (lateMillis > LATE_MILLIS) this.#report.stoodStill(lateMillis)
  }

  #flush(timeoutMillis: number): Promise<void> {
    this.#seal()
    this.#flushed = this.#sealed
    if (this.#closed || this.#isSettled(this.#sealed)) return Promise.resolve()
    const flushed = this.#flushes.add(this.#sealed, timeoutMillis, () => this.#onFlushTimeout(timeoutMillis))
    this.#deliver()
    const earliest = this.#pause.hurry()
    if (earliest !== undefined) this.#endFlushes(earliest)
    return flushed
  }

  #onFlushTimeout(timeoutMillis: number): void {
    if (this.#flushes.size > 0 || this.#current === undefined) return
    this.#report.suspect(`no answer within ${Math.round(timeoutMillis)} ms`)
    this.#transport.release()
  }

  /** Ends the flushes whose batches are settled, and those that end before an attempt at `nextAttempt`. */
  #endFlushes(nextAttempt?: number): void {
    this.#flushes.end((upTo) => this.#isSettled(upTo), nextAttempt)
  }

  #isSettled(upTo: number): boolean {
    return (
      (this.#current?.number ?? Number.POSITIVE_INFINITY) > upTo &&
      (this.#waiting.batches[0]?.number ?? Number.POSITIVE_INFINITY) > upTo &&
      !this.#waiting.hasBacklog
    )
  }
}
