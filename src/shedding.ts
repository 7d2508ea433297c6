import { runOutside } from './context/manager.js'
import { clearInterval, setInterval } from './context/timers.js'
import { addCounters } from './diag/counters.js'
import { diag } from './diag/diag.js'
import { LATE_LOOP_MILLIS } from './export/pressure.js'
import { now } from './trace/clock.js'
import { LeanSpans, LONG } from './trace/lean.js'
import type { SpanProcessor } from './trace/span.js'
import { SHARE, Thinning } from './trace/thinning.js'

/** Trouble is over where less of what may wait does: more is a queue that may be full again in a moment. */
const RELIEVED = 0.5
/** While trouble lasts the event loop is looked at by a timer that is due so often. */
const TICK_MILLIS = 100
/** How often it is judged what to do about it, and how many times without trouble end it. */
const JUDGE_MILLIS = 1000
const CALM = 2
/** Trouble that comes again so soon is the same, and not said again. */
const SAY_EVERY_MILLIS = 30_000

export interface SheddingSettings {
  /** Those of spans: how much of what may wait does, as a share of it. Undefined for one in which nothing waits. */
  readonly exporters: () => readonly { readonly fullness?: number }[]
  /** Has ended spans pass through what `wrap` makes of their processor; undefined for as before. */
  readonly passThrough: (wrap: ((next: SpanProcessor) => SpanProcessor) | undefined) => void
  /** Has fewer traces recorded; undefined for as before. */
  readonly thin: (thinning: Thinning | undefined) => void
}

/**
 * Sheds load while spans are lost anyway, for the queue is full, or while the event loop is late: first long attributes,
 * and where that is not enough most new traces. Who is told of either is told its numbers when it is over.
 */
export class Shedding {
  readonly #settings: SheddingSettings
  readonly #lean = new LeanSpans()
  readonly #thinning = new Thinning()
  #level: 0 | 1 | 2 = 0
  #reason = ''
  #isOverflowing = false
  #calm = 0
  #timer: NodeJS.Timeout | undefined
  #tickedAt = 0
  #judgedAt = 0
  /** Of the ticks since the last judgement. */
  #mostLateMillis = 0
  #since = 0
  #saidAt = Number.NEGATIVE_INFINITY
  #isSaid = false
  #before = { attributes: 0, traces: 0 }

  constructor(settings: SheddingSettings) {
    this.#settings = settings
    const add = (what: string, unit: string, read: () => number) =>
      addCounters({ name: `autospan.shed.${what}`, isMonotonic: true, unit, attributes: {}, read })
    add('attributes', '{attribute}', () => this.#lean.dropped)
    add('traces', '{trace}', () => this.#thinning.dropped)
  }

  /** A queue is full. Where another exporter has room, its spans are not made less. */
  overflowed(): void {
    if (!this.#areFull()) return
    this.#isOverflowing = true
    if (this.#level === 0) this.#begin('the queue of spans is full')
  }

  loopIsLate(millis: number): void {
    if (this.#level === 0) this.#begin(`the event loop is ${(millis / 1000).toFixed(1)} s late`)
  }

  /** The process ends: says what nobody would say any more. */
  end(): void {
    if (this.#level > 0) this.#stop()
  }

  #begin(reason: string): void {
    this.#reason = reason
    this.#since = now()
    this.#isSaid = this.#since - this.#saidAt >= SAY_EVERY_MILLIS
    this.#before = { attributes: this.#lean.dropped, traces: this.#thinning.dropped }
    this.#settings.passThrough((next) => this.#lean.before(next))
    this.#rise(1, `attributes of more than ${LONG} characters are left out`)
    this.#tickedAt = this.#since
    this.#judgedAt = this.#since
    this.#mostLateMillis = 0
    this.#timer = runOutside(setInterval<[]>, undefined, () => this.#tick(), TICK_MILLIS)
    this.#timer.unref()
  }

  #rise(level: 1 | 2, what: string): void {
    this.#level = level
    this.#isOverflowing = false
    this.#calm = 0
    if (!this.#isSaid) return
    this.#saidAt = now()
    diag.warn(`sheds load, for ${this.#reason}: ${what}`)
  }

  #tick(): void {
    const nowMillis = now()
    this.#mostLateMillis = Math.max(this.#mostLateMillis, nowMillis - this.#tickedAt - TICK_MILLIS)
    this.#tickedAt = nowMillis
    if (nowMillis - this.#judgedAt < JUDGE_MILLIS) return
    const isLate = this.#mostLateMillis >= LATE_LOOP_MILLIS
    this.#judgedAt = nowMillis
    this.#mostLateMillis = 0
    this.#calm = isLate ? 0 : this.#calm + 1
    if (this.#level === 1 && (isLate || this.#isOverflowing)) {
      this.#settings.thin(this.#thinning)
      this.#rise(2, `of new traces one in ${1 / SHARE} is recorded`)
    } else if (this.#calm >= CALM && !this.#areFull()) this.#stop()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#level = 0
    this.#settings.thin(undefined)
    this.#settings.passThrough(undefined)
    const attributes = this.#lean.dropped - this.#before.attributes
    const traces = this.#thinning.dropped - this.#before.traces
    const seconds = Math.round((now() - this.#since) / 1000)
    const tell = this.#isSaid ? diag.info : diag.debug
    tell(
      `sheds no more load: ${attributes} attributes and ${traces} traces were left out in ${seconds} s, for ${this.#reason}`,
    )
  }

  #areFull(): boolean {
    return this.#settings.exporters().every(({ fullness = 0 }) => fullness > RELIEVED)
  }
}
