import { runOutside } from '../context/manager.js'
import { setTimeout } from '../context/timers.js'
import { diag, textOf } from '../diag/diag.js'
import { now } from '../trace/clock.js'

/** So many faults within the window switch off. */
const FAULTS = 10
const WINDOW_MILLIS = 10_000
/** Until the first trial. Each trial that fails doubles it. */
const PAUSE_MILLIS = 60_000
const MAX_PAUSE_MILLIS = 3_600_000
/** Who is switched off again so soon after a trial has not recovered. */
const RECOVERY_MILLIS = 600_000

/** The time, as tests turn it. */
export interface BreakerClock {
  now(): number
  later(work: () => void, millis: number): void
}

const CLOCK: BreakerClock = {
  now,
  later: (work, millis) => {
    runOutside(setTimeout<[]>, undefined, work, millis).unref()
  },
}

/**
 * Switches off what keeps failing, says so, and tries it again after a pause: a fault may lie in what the program does
 * at the moment. Faults that are rarer cost less than what is traced is worth, and switch off nothing.
 */
export class Breaker {
  readonly #name: string
  readonly #turn: (isBroken: boolean) => void
  readonly #clock: BreakerClock
  #faults = 0
  #since = Number.NEGATIVE_INFINITY
  #isBroken = false
  #pauseMillis = 0
  #triedAt = Number.NEGATIVE_INFINITY
  /** Trials of before a reset have nothing to try. */
  #round = 0

  /** @param turn is told whether it is switched off now */
  constructor(name: string, turn: (isBroken: boolean) => void, clock: BreakerClock = CLOCK) {
    this.#name = name
    this.#turn = turn
    this.#clock = clock
  }

  failed(place: string, error: unknown): void {
    // What had begun before may still fail.
    if (this.#isBroken) return
    const nowMillis = this.#clock.now()
    if (nowMillis - this.#since > WINDOW_MILLIS) {
      this.#since = nowMillis
      this.#faults = 0
    }
    if (++this.#faults >= FAULTS) this.#break(nowMillis, `${place}: ${textOf(error)}`)
  }

  /** As though nothing had ever failed. */
  reset(): void {
    this.#round++
    this.#isBroken = false
    this.#faults = 0
    this.#pauseMillis = 0
  }

  #break(nowMillis: number, last: string): void {
    const isNew = this.#pauseMillis === 0 || nowMillis - this.#triedAt > RECOVERY_MILLIS
    this.#pauseMillis = isNew ? PAUSE_MILLIS : Math.min(2 * this.#pauseMillis, MAX_PAUSE_MILLIS)
    this.#isBroken = true
    this.#turn(true)
    const seconds = Math.max(1, Math.round((nowMillis - this.#since) / 1000))
    diag.warn(
      `${this.#name} failed ${this.#faults} times within ${seconds} s and is switched off for ${this.#pauseMillis / 1000} s; the last fault was in ${last}`,
    )
    const round = this.#round
    this.#clock.later(() => {
      if (round === this.#round) this.#try()
    }, this.#pauseMillis)
  }

  #try(): void {
    this.#triedAt = this.#clock.now()
    this.#isBroken = false
    this.#faults = 0
    diag.debug(`${this.#name} is switched on again, on trial`)
    this.#turn(false)
  }
}
