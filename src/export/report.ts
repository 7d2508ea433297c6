import { diag } from '../diag/diag.js'
import { now } from '../trace/clock.js'
import type { Batch } from './queue.js'
import { counted, type Signal } from './signal.js'
import { type Answer, errorTypeOf, type Refused } from './transport/transport.js'

/** What became of the records of one signal for one destination, in records. */
export interface ExportStats {
  /** Accepted by the server. */
  readonly exported: number
  /** Not delivered: pushed out of the full queue, or still waiting when the process ended. */
  readonly dropped: number
  /** Sent, and refused by the server. */
  readonly failed: number
  /** Waiting or under way. */
  readonly queued: number
}

/** What stays on disk. */
export interface Keeping {
  readonly records: number
  readonly directory: string
}

/** A failure that lasts this long is an outage, and said; a restart of the collector is none. */
export const OUTAGE_MILLIS = 2000
/** What repeats is said once in this time, with its number. */
const SAY_EVERY_MILLIS = 30_000

export interface ReportTuning {
  readonly outageMillis?: number
  readonly sayEveryMillis?: number
}

/** Counts what became of the records of one signal for one destination, and says what a user has to know, in few lines. */
export class DeliveryReport {
  exported = 0
  dropped = 0
  failed = 0
  /** Records that were sent in vain, by `error.type`: those that failed, and of those that were dropped some. */
  readonly failures: Map<string, number> = new Map()
  readonly #signal: Signal
  readonly #destination: string
  readonly #outageMillis: number
  readonly #sayEveryMillis: number
  readonly #drops: Notice
  readonly #refusals: Notice
  readonly #partials: Notice
  #failing: { sinceMillis: number; reason: string } | undefined
  #outage: Outage | undefined
  #outageSaidAt = Number.NEGATIVE_INFINITY

  constructor(
    signal: Signal,
    destination: string,
    { outageMillis = OUTAGE_MILLIS, sayEveryMillis = SAY_EVERY_MILLIS }: ReportTuning = {},
  ) {
    this.#signal = signal
    this.#destination = destination
    this.#outageMillis = outageMillis
    this.#sayEveryMillis = sayEveryMillis
    this.#drops = new Notice(sayEveryMillis)
    this.#refusals = new Notice(sayEveryMillis)
    this.#partials = new Notice(sayEveryMillis)
  }

  /** One attempt to send a request, told at debug level; `millis` is undefined where another thread has made it. */
  attempted({ body, records }: Pick<Batch, 'body' | 'records'>, answer: Answer, millis?: number): void {
    if (!diag.isOn('debug')) return
    const sent = `${this.#count(records)} in ${body.byteLength} bytes to ${this.#destination}`
    const outcome = answer.kind === 'accepted' ? answer.kind : `${answer.kind}, ${answer.reason}`
    diag.debug(`sent ${sent}${millis === undefined ? ' at the end' : ` within ${Math.round(millis)} ms`}: ${outcome}`)
  }

  /** The server took a request with `records`, and kept them but for `rejected`. */
  accepted(records: number, rejected: number, message: string): void {
    this.#failing = undefined
    const failed = Math.min(Math.max(rejected, 0), records)
    this.exported += records - failed
    this.#fail(failed, 'rejected')
    if (failed === 0 && message === '') return
    this.#partials.add(failed, (n) =>
      n > 0
        ? `${this.#destination} rejected ${this.#count(n)} of otherwise accepted requests${message && `: ${message}`}`
        : `${this.#destination} accepted the ${this.#signal.many} with a warning: ${message}`,
    )
  }

  /** The server refused a request with `records` for good. Where it takes traces only, that is said once. */
  refused(records: number, answer: Refused, isNoPlace = false): void {
    const { reason } = answer
    this.#failing = undefined
    this.#fail(records, errorTypeOf(answer))
    const { many, exporter } = this.#signal
    if (isNoPlace && exporter !== undefined) {
      const line = `${this.#destination} takes no ${many}, they are lost (${exporter}=none leaves them out): ${reason}`
      diag.warnOnce(`no place ${this.#destination}`, line)
      return
    }
    this.#refusals.add(records, (n) => `${this.#destination} refused ${this.#count(n)}, they are lost: ${reason}`)
  }

  /** The queue was full, and `records` of the oldest were dropped. */
  pushedOut(records: number): void {
    if (records === 0) return
    this.dropped += records
    if (this.#outage !== undefined) {
      this.#dropsInOutage(records, this.#outage)
      return
    }
    this.#drops.add(
      records,
      (n) =>
        `the queue of ${this.#signal.many} for ${this.#destination} is full: dropped the ${n} oldest, ${this.dropped} in all`,
    )
  }

  /** Counts what has failed, or was dropped and had been tried before. */
  sentInVain(records: number, errorType = '_OTHER'): void {
    if (records > 0) this.failures.set(errorType, (this.failures.get(errorType) ?? 0) + records)
  }

  /** The spool was full, or they were too old. */
  droppedFromSpool(records: number): void {
    this.dropped += records
    this.#drops.add(records, (n) => `the spool is full or too old: dropped the ${n} oldest, ${this.dropped} in all`)
  }

  /** Said once as the queue is full for the first time; how many it were is said with the end of the outage. */
  #dropsInOutage(records: number, outage: Outage): void {
    this.#drops.hold(records)
    if (outage.isFull) return
    outage.isFull = true
    diag.warn(
      `the queue of ${this.#signal.many} for ${this.#destination} is full: the oldest are dropped until it answers again`,
    )
  }

  /** An attempt that began at `sinceMillis` failed and will be made again. */
  attemptFailed(sinceMillis: number, reason: string): void {
    if (this.#failing === undefined) this.#failing = { sinceMillis, reason }
    else this.#failing.reason = reason
  }

  /** The process was stopped for so long between two attempts: no outage is made of that. */
  stoodStill(millis: number): void {
    if (this.#failing !== undefined) this.#failing.sinceMillis += millis
  }

  /** Something that nobody has called a failure yet, kept for the last line. */
  suspect(reason: string): void {
    this.#failing ??= { sinceMillis: now(), reason }
  }

  /**
   * Another attempt is about to be made. An outage is said here rather than when an attempt fails:
   * if the process ends before it tries again, `closed` says all in one line.
   */
  tryingAgain(): void {
    if (this.#failing === undefined || this.#outage !== undefined) return
    const nowMillis = now()
    const { sinceMillis, reason } = this.#failing
    if (nowMillis - sinceMillis < this.#outageMillis || nowMillis - this.#outageSaidAt < this.#sayEveryMillis) return
    this.#outageSaidAt = nowMillis
    // What no line has named yet is told with its end.
    const dropped = this.dropped - this.#drops.unsaid
    this.#outage = { sinceMillis, exported: this.exported, dropped, isFull: false }
    diag.warn(`cannot deliver ${this.#signal.many} to ${this.#destination}: ${reason}; keeping them and trying again`)
  }

  /** Nothing waits any more: an outage is over. */
  drained(): void {
    if (this.#outage === undefined || this.#failing !== undefined) return
    const { sinceMillis, exported, dropped } = this.#outage
    const seconds = Math.round((now() - sinceMillis) / 1000)
    const delivered = this.#count(this.exported - exported)
    const lost = this.dropped - dropped
    this.#outage = undefined
    this.#drops.forget()
    diag.info(`${this.#destination} answers again after ${seconds} s: ${delivered} delivered, ${lost} lost`)
  }

  /** The end: `records` are lost that were still waiting, and others kept. */
  closed(records: number, kept?: Keeping): void {
    this.dropped += records
    this.#refusals.sayRest()
    this.#partials.sayRest()
    if (kept !== undefined && kept.records > 0) {
      const why = this.#failing === undefined ? '' : `, not delivered to ${this.#destination}: ${this.#failing.reason}`
      diag.warn(`keeps ${this.#count(kept.records)} in ${kept.directory} for the next start${why}`)
    }
    if (records === 0) {
      this.#drops.sayRest()
      return
    }
    const lost = records + this.#drops.unsaid
    this.#drops.forget()
    const reason = this.#failing?.reason ?? 'the process ended before they were sent'
    const isSaid = isSaidOfAnother(this.#signal, this.#destination, reason)
    diag[isSaid ? 'debug' : 'warn'](`lost ${this.#count(lost)}, not delivered to ${this.#destination}: ${reason}`)
  }

  #fail(records: number, errorType: string | undefined): void {
    this.failed += records
    this.sentInVain(records, errorType)
  }

  #count(records: number): string {
    return counted(records, this.#signal)
  }
}

const toldBy = new Map<string, Signal>()

/** One collector that is away, and one line of it: what other signals have lost by the same fault is told at debug level. */
function isSaidOfAnother(signal: Signal, destination: string, reason: string): boolean {
  const fault = `${destination.replace(/\/v1\/\w+$/, '')} ${reason}`
  const teller = toldBy.get(fault) ?? signal
  toldBy.set(fault, teller)
  return teller !== signal
}

/** One that has been said, with the numbers as they were at its start. */
interface Outage {
  readonly sinceMillis: number
  readonly exported: number
  readonly dropped: number
  /** Records have been dropped. */
  isFull: boolean
}

/** Something that may happen often: its first time is said at once, then at most one line in a while. */
class Notice {
  readonly #everyMillis: number
  #saidAt = Number.NEGATIVE_INFINITY
  #text: (records: number) => string = String
  #pending = false
  /** Records that no line has named yet. */
  unsaid = 0

  constructor(everyMillis: number) {
    this.#everyMillis = everyMillis
  }

  add(records: number, text: (records: number) => string): void {
    this.unsaid += records
    this.#text = text
    this.#pending = true
    const nowMillis = now()
    if (nowMillis - this.#saidAt < this.#everyMillis) return
    this.#saidAt = nowMillis
    this.sayRest()
  }

  /** Counts what another line will tell. */
  hold(records: number): void {
    this.unsaid += records
  }

  forget(): void {
    this.#pending = false
    this.unsaid = 0
  }

  sayRest(): void {
    if (!this.#pending) return
    diag.warn(this.#text(this.unsaid))
    this.forget()
  }
}
