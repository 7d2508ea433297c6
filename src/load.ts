import { createRequire } from 'node:module'
import { diag } from './diag/diag.js'
import { LATE_LOOP_MILLIS, type Pressure } from './export/pressure.js'
import type { Shedding, SheddingSettings } from './shedding.js'
import { now } from './trace/clock.js'

const require = createRequire(import.meta.url)

/** Late once is a pause: of the garbage collector, or of a process that was stopped. */
const LATE_LOOKS = 2
/** Fewer spans a second are no load that could be shed. */
const LOAD_PER_SECOND = 100

/** Hears from the exporters of spans when there is too much to do, and has load shed then. Until then it costs nothing. */
export class LoadWatch implements Pressure {
  readonly #settings: SheddingSettings
  /** Spans that have started. */
  readonly #countSpans: () => number
  #shedding: Shedding | undefined = undefined
  #lateLooks = 0
  #lookedAt = now()
  #spansThen = 0

  constructor(settings: SheddingSettings, countSpans: () => number) {
    this.#settings = settings
    this.#countSpans = countSpans
  }

  overflowed(): void {
    this.#shed((shedding) => shedding.overflowed())
  }

  looked(lateMillis: number): void {
    const nowMillis = now()
    const spans = this.#countSpans()
    const perSecond = ((spans - this.#spansThen) * 1000) / (nowMillis - this.#lookedAt)
    this.#lookedAt = nowMillis
    this.#spansThen = spans
    this.#lateLooks = lateMillis >= LATE_LOOP_MILLIS && perSecond >= LOAD_PER_SECOND ? this.#lateLooks + 1 : 0
    if (this.#lateLooks >= LATE_LOOKS) this.#shed((shedding) => shedding.loopIsLate(lateMillis))
  }

  /** The process ends. */
  end(): void {
    this.#shedding?.end()
  }

  /** Within an exporter's own work, which goes on where this fails. */
  #shed(work: (shedding: Shedding) => void): void {
    try {
      this.#shedding ??= this.#load()
      work(this.#shedding)
    } catch (error) {
      diag.fault('the shedding of load', error)
    }
  }

  #load(): Shedding {
    const { Shedding } = require('./shedding.js') as typeof import('./shedding.js')
    return new Shedding(this.#settings)
  }
}
