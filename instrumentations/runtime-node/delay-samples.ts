import type { RecordableHistogram } from 'node:perf_hooks'

const MICROS_PER_MILLI = 1000
const MICROS_PER_SECOND = 1e6
/** Longer delays count as this one. */
const MAX_MICROS = 3600 * MICROS_PER_SECOND

/** Delays of the event loop since the last reset. What it tells of them is in seconds, within a thousandth of the value. */
export class DelaySamples {
  readonly #late: RecordableHistogram
  #onTime = 0

  constructor() {
    const { createHistogram } = process.getBuiltinModule('node:perf_hooks')
    this.#late = createHistogram({ lowest: 1, highest: MAX_MICROS, figures: 3 })
  }

  add(delayMillis: number): void {
    const micros = Math.round(delayMillis * MICROS_PER_MILLI)
    if (micros > 0) this.#late.record(Math.min(micros, MAX_MICROS))
    else this.#onTime++
  }

  /** So many samples without a delay. */
  addOnTime(count: number): void {
    this.#onTime += count
  }

  get count(): number {
    return this.#onTime + this.#late.count
  }

  get min(): number {
    return this.#onTime > 0 ? 0 : this.#late.min / MICROS_PER_SECOND
  }

  get max(): number {
    return this.#late.count === 0 ? 0 : this.#late.max / MICROS_PER_SECOND
  }

  get mean(): number {
    return this.#late.count === 0 ? 0 : (this.#share * this.#late.mean) / MICROS_PER_SECOND
  }

  get stddev(): number {
    if (this.#late.count === 0) return 0
    const { mean, stddev } = this.#late
    const variance = this.#share * (stddev ** 2 + mean ** 2) - (this.#share * mean) ** 2
    return Math.sqrt(Math.max(variance, 0)) / MICROS_PER_SECOND
  }

  /** @param percent above 0, to 100 */
  percentile(percent: number): number {
    const rankAmongLate = (percent / 100) * this.count - this.#onTime
    if (rankAmongLate <= 0) return 0
    return this.#late.percentile((rankAmongLate / this.#late.count) * 100) / MICROS_PER_SECOND
  }

  reset(): void {
    this.#late.reset()
    this.#onTime = 0
  }

  /** Of all samples, those with a delay. */
  get #share(): number {
    return this.#late.count / this.count
  }
}
