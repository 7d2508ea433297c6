import { diag } from '../diag/diag.js'

/** What became of the spans of one destination, in spans. */
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

/** A failure that lasts this long is an outage, and said; a restart of the collector is none. */
export const OUTAGE_MILLIS = 2000
/** What repeats is said once in this time, with its number. */
export const SAY_EVERY_MILLIS = 30_000

export interface ReportTuning {
  readonly outageMillis?: number
  readonly sayEveryMillis?: number
}

/** Counts what became of the spans of one destination, and says what a user has to know, in few lines. */
export class DeliveryReport {
  exported = 0
  dropped = 0
  failed = 0
  readonly #destination: string
  readonly #outageMillis: number
  readonly #sayEveryMillis: number
  readonly #drops: Notice
  readonly #refusals: Notice
  readonly #partials: Notice
  #failing: { readonly sinceMillis: number; reason: string } | undefined
  #outage: { readonly sinceMillis: number; readonly exported: number; readonly lost: number } | undefined
  #outageSaidAt = Number.NEGATIVE_INFINITY

  constructor(
    destination: string,
    { outageMillis = OUTAGE_MILLIS, sayEveryMillis = SAY_EVERY_MILLIS }: ReportTuning = {},
  ) {
    this.#destination = destination
    this.#outageMillis = outageMillis
    this.#sayEveryMillis = sayEveryMillis
    this.#drops = new Notice(sayEveryMillis)
    this.#refusals = new Notice(sayEveryMillis)
    this.#partials = new Notice(sayEveryMillis)
  }

  /** The server took a request with `spans`, and kept them but for `rejected`. */
  accepted(spans: number, rejected: number, message: string): void {
    this.#failing = undefined
    const failed = Math.min(Math.max(rejected, 0), spans)
    this.failed += failed
    this.exported += spans - failed
    diag.debug(`delivered ${count(spans - failed)} to ${this.#destination}`)
    if (failed === 0 && message === '') return
    this.#partials.add(failed, (n) =>
      n > 0
        ? `${this.#destination} rejected ${count(n)} of otherwise accepted requests${message && `: ${message}`}`
        : `${this.#destination} accepted the spans with a warning: ${message}`,
    )
  }

  /** The server refused a request with `spans` for good. */
  refused(spans: number, reason: string): void {
    this.#failing = undefined
    this.failed += spans
    this.#refusals.add(spans, (n) => `${this.#destination} refused ${count(n)}, they are lost: ${reason}`)
  }

  /** The queue was full, and `spans` of the oldest were dropped. */
  pushedOut(spans: number): void {
    if (spans === 0) return
    this.dropped += spans
    this.#drops.add(
      spans,
      (n) => `the queue of spans for ${this.#destination} is full: dropped the ${n} oldest, ${this.dropped} in all`,
    )
  }

  /** An attempt that began at `sinceMillis` failed and will be made again. */
  attemptFailed(sinceMillis: number, reason: string): void {
    if (this.#failing === undefined) this.#failing = { sinceMillis, reason }
    else this.#failing.reason = reason
  }

  /** Something that nobody has called a failure yet, kept for the last line. */
  suspect(reason: string): void {
    this.#failing ??= { sinceMillis: performance.now(), reason }
  }

  /**
   * Another attempt is about to be made. An outage is said here rather than when an attempt fails:
   * if the process ends before it tries again, `closed` says all in one line.
   */
  tryingAgain(): void {
    if (this.#failing === undefined || this.#outage !== undefined) return
    const now = performance.now()
    const { sinceMillis, reason } = this.#failing
    if (now - sinceMillis < this.#outageMillis || now - this.#outageSaidAt < this.#sayEveryMillis) return
    this.#outageSaidAt = now
    this.#outage = { sinceMillis, exported: this.exported, lost: this.dropped + this.failed }
    diag.warn(`cannot deliver spans to ${this.#destination}: ${reason}; keeping them and trying again`)
  }

  /** Nothing waits any more: an outage is over. */
  drained(): void {
    if (this.#outage === undefined || this.#failing !== undefined) return
    const { sinceMillis, exported, lost } = this.#outage
    const seconds = Math.round((performance.now() - sinceMillis) / 1000)
    const delivered = count(this.exported - exported)
    const gone = this.dropped + this.failed - lost
    this.#outage = undefined
    diag.info(`${this.#destination} answers again after ${seconds} s: ${delivered} delivered, ${gone} lost`)
  }

  /** The end: `spans` were still waiting. */
  closed(spans: number): void {
    this.dropped += spans
    this.#refusals.sayRest()
    this.#partials.sayRest()
    if (spans === 0) {
      this.#drops.sayRest()
      return
    }
    const lost = spans + this.#drops.unsaid
    const reason = this.#failing?.reason ?? 'the process ended before they were sent'
    diag.warn(`lost ${count(lost)}, not delivered to ${this.#destination}: ${reason}`)
  }
}

/** Something that may happen often: its first time is said at once, then at most one line in a while. */
class Notice {
  readonly #everyMillis: number
  #saidAt = Number.NEGATIVE_INFINITY
  #text: (spans: number) => string = String
  #pending = false
  /** Spans that no line has named yet. */
  unsaid = 0

  constructor(everyMillis: number) {
    this.#everyMillis = everyMillis
  }

  add(spans: number, text: (spans: number) => string): void {
    this.unsaid += spans
    this.#text = text
    this.#pending = true
    const now = performance.now()
    if (now - this.#saidAt < this.#everyMillis) return
    this.#saidAt = now
    this.sayRest()
  }

  sayRest(): void {
    if (!this.#pending) return
    diag.warn(this.#text(this.unsaid))
    this.#pending = false
    this.unsaid = 0
  }
}

function count(spans: number): string {
  return spans === 1 ? '1 span' : `${spans} spans`
}
