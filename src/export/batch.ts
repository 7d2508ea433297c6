import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import type { BatchConfig } from '../config/config.js'
import { SUPPRESSED_CONTEXT } from '../context/context.js'
import { runIn } from '../context/manager.js'
import { diag } from '../diag/diag.js'
import type { SpanEncoder } from '../otlp/encoder.js'
import type { SpanData } from '../trace/span.js'
import { startDeadline } from './deadline.js'
import type { ExportProcessor, Handover } from './multi.js'
import { type Batch, BatchQueue } from './queue.js'
import { DeliveryReport, type ExportStats, type ReportTuning } from './report.js'
import { BACKOFF, type Backoff, backoffMillis, FLUSH_BACKOFF } from './retry.js'
import type { Answer, Failed, Transport } from './transport.js'

/** Bytes of encoded spans that may wait for one destination. */
export const MAX_QUEUE_BYTES: number = 32 * 1024 * 1024
/** A batch of this size leaves though it has few spans: collectors refuse large requests, many above 4 MiB. */
export const MAX_BATCH_BYTES: number = 2 * 1024 * 1024
/** What the exit of the process may be delayed by. */
export const SHUTDOWN_MILLIS = 1000

export interface BatchProcessorSettings {
  readonly encoder: SpanEncoder
  readonly transport: Transport
  readonly batch: BatchConfig
  /** Bounds one attempt, together with `batch.exportTimeoutMillis`; `Infinity` for no limit. */
  readonly timeoutMillis: number
  readonly tuning?: BatchTuning
}

/** What tests turn, and what may become settings. */
export interface BatchTuning extends ReportTuning {
  readonly maxQueueBytes?: number
  readonly maxBatchBytes?: number
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

/**
 * Encodes spans as they end and delivers them in batches, one request at a time, oldest first.
 * What cannot be delivered now stays, within a bound of bytes, and is tried again: with growing
 * pauses, or when the server says so. A batch that the server has answered is never sent again.
 *
 * Nothing here keeps the process alive, but for `flush` while it runs.
 */
export class BatchProcessor implements ExportProcessor {
  readonly #encoder: SpanEncoder
  readonly #transport: Transport
  readonly #queue: BatchQueue
  readonly #report: DeliveryReport
  readonly #batchSpans: number
  readonly #batchBytes: number
  readonly #delayMillis: number
  readonly #attemptMillis: number
  readonly #backoff: Backoff
  readonly #flushBackoff: Backoff
  readonly #flushes = new Set<Flush>()
  #delay: NodeJS.Timeout | undefined
  /** The delay has passed: what the encoder holds goes next, however little it is. */
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
  #shutdown: Promise<void> | undefined
  /** The event loop stands still, and batches go out by other means: those that have not yet, oldest first. */
  #handedOver: Batch[] | undefined
  /** The one among them that had left, and may have arrived. */
  #unanswered: Handover['unanswered']

  constructor({ encoder, transport, batch, timeoutMillis, tuning = {} }: BatchProcessorSettings) {
    this.#encoder = encoder
    this.#transport = transport
    this.#queue = new BatchQueue(
      tuning.maxQueueBytes ?? MAX_QUEUE_BYTES,
      batch.maxQueueSize ?? Number.POSITIVE_INFINITY,
    )
    this.#report = new DeliveryReport(transport.destination, tuning)
    this.#batchSpans = batch.maxExportBatchSize
    this.#batchBytes = tuning.maxBatchBytes ?? MAX_BATCH_BYTES
    this.#delayMillis = batch.scheduleDelayMillis
    this.#attemptMillis = Math.min(timeoutMillis, batch.exportTimeoutMillis)
    this.#backoff = tuning.backoff ?? BACKOFF
    this.#flushBackoff = tuning.flushBackoff ?? FLUSH_BACKOFF
  }

  get stats(): ExportStats {
    const { exported, dropped, failed } = this.#report
    return { exported, dropped, failed, queued: this.#waiting() }
  }

  get unflushed(): boolean {
    return !this.#closed && (this.#encoder.count > 0 || this.#sealed > this.#flushed)
  }

  onEnd(span: SpanData): void {
    if (this.#closed) {
      this.#report.dropped++
      return
    }
    const encoder = this.#encoder
    encoder.add(span)
    if (encoder.count >= this.#batchSpans || encoder.byteLength >= this.#batchBytes) this.#sealAndDeliver()
    else if (this.#delay === undefined) this.#startDelay()
  }

  /**
   * Sends what waits now. Resolves when all of it is delivered or refused, when no attempt can
   * succeed in the time left, or after `timeoutMillis`; what is left then goes on waiting. Keeps
   * the process alive meanwhile. Never rejects.
   */
  flush(timeoutMillis: number): Promise<void> {
    return runIn(SUPPRESSED_CONTEXT, this.#flush, this, timeoutMillis)
  }

  /** Flushes once, within `timeoutMillis`, then closes. Never rejects. */
  shutdown(timeoutMillis: number = SHUTDOWN_MILLIS): Promise<void> {
    this.#shutdown ??= this.flush(timeoutMillis).then(() => this.close())
    return this.#shutdown
  }

  /**
   * Ends delivery at once: what still waits is lost, and said in one line. Synchronous, so that it
   * can be the last thing in the process's `exit` event. Later spans are counted as dropped.
   */
  close(): void {
    if (this.#closed) return
    this.#report.closed(this.#waiting())
    this.#closed = true
    this.#queue.clear()
    clearTimeout(this.#delay)
    this.#transport.close()
    this.#rest?.wake()
    for (const flush of this.#flushes) flush.done()
  }

  handOver(): readonly Handover[] {
    if (this.#closed) return []
    this.#delivering = true
    clearTimeout(this.#delay)
    this.#seal()
    const batches = this.#handedOver ?? []
    this.#handedOver = batches
    this.#interrupt(batches)
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) batches.push(batch)
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
    this.#report.closed(this.#waiting())
    this.#handedOver = []
  }

  /** Ends the attempt under way. What may be sent again, or may yet turn out so, joins `batches`. */
  #interrupt(batches: Batch[]): void {
    const batch = this.#current
    if (batch === undefined) return
    this.#current = undefined
    const interrupted = this.#transport.interrupt() ?? { kind: 'unsent' }
    if (interrupted.kind === 'answered' && interrupted.answer.kind !== 'failed') {
      this.#settle(batch, interrupted.answer)
    } else if (interrupted.kind === 'sent' && interrupted.look === undefined) {
      // Most likely it has arrived, and spans that are sent twice are worse than some that nobody has confirmed.
      this.#report.accepted(batch.spans, 0, '')
    } else {
      batches.push(batch)
      if (interrupted.kind === 'sent' && interrupted.look !== undefined)
        this.#unanswered = { batch, look: interrupted.look }
    }
  }

  #settleLast(batch: Batch, answer: Answer): void {
    if (batch === this.#unanswered?.batch) this.#unanswered = undefined
    if (answer.kind === 'failed') {
      this.#report.attemptFailed(performance.now(), answer.reason)
    } else {
      const batches = this.#handedOver ?? []
      batches.splice(batches.indexOf(batch), 1)
      this.#settle(batch, answer)
    }
  }

  #waiting(): number {
    if (this.#closed) return 0
    const handedOver = this.#handedOver?.reduce((sum, { spans }) => sum + spans, 0) ?? 0
    return handedOver + this.#queue.spans + (this.#current?.spans ?? 0) + this.#encoder.count
  }

  #startDelay(): void {
    // Outside the program's context, which the timer would keep in memory.
    this.#delay = runIn(SUPPRESSED_CONTEXT, setTimeout<[]>, undefined, () => this.#onDelay(), this.#delayMillis)
    this.#delay.unref()
  }

  #onDelay(): void {
    this.#delay = undefined
    if (this.#encoder.count === 0) return
    this.#due = true
    this.#deliver()
  }

  #sealAndDeliver(): void {
    this.#seal()
    this.#deliver()
  }

  #seal(): void {
    this.#due = false
    const spans = this.#encoder.count
    if (spans === 0) return
    try {
      const body = this.#encoder.take()
      this.#report.pushedOut(this.#queue.push({ body, spans, number: ++this.#sealed }))
    } catch (error) {
      this.#report.dropped += spans
      diag.fault('the span encoder', error)
    }
  }

  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    // Not in the turn of the span that filled the batch: the program goes first.
    runIn(SUPPRESSED_CONTEXT, setImmediate<[]>, undefined, () => this.#deliverAll())
  }

  async #deliverAll(): Promise<void> {
    for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
      if (this.#flushes.size === 0) this.#report.tryingAgain()
      const startMillis = performance.now()
      this.#current = batch
      const answer = await this.#post(batch)
      if (this.#closed || this.#handedOver !== undefined) return
      this.#current = undefined
      if (answer.kind === 'failed') {
        this.#report.attemptFailed(startMillis, answer.reason)
        this.#report.pushedOut(this.#queue.putBack(batch))
        await this.#pause(answer)
      } else {
        this.#settle(batch, answer)
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
    return this.#queue.shift()
  }

  async #post(batch: Batch): Promise<Answer> {
    try {
      return await this.#transport.post(batch.body, this.#attemptMillis)
    } catch (error) {
      diag.fault('the span exporter', error)
      return { kind: 'refused', reason: 'an internal error' }
    }
  }

  #settle(batch: Batch, answer: Exclude<Answer, Failed>): void {
    this.#failures = 0
    this.#reached = true
    if (answer.kind === 'accepted') this.#report.accepted(batch.spans, answer.rejected, answer.message)
    else this.#report.refused(batch.spans, answer.reason)
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
      const timer = setTimeout(wake, millis)
      timer.unref()
      this.#rest = { until: performance.now() + millis, throttled, wake }
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
      (this.#queue.oldest?.number ?? Number.POSITIVE_INFINITY) > upTo
    )
  }
}
