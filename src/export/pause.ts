import { clearTimeout, setTimeout } from '../context/timers.js'
import { now } from '../trace/clock.js'
import { BACKOFF, type Backoff, backoffMillis, FLUSH_BACKOFF } from './retry.js'

/** The pauses between attempts, which grow while they fail. They do not keep the process alive. */
export class Pause {
  readonly #backoff: Backoff
  readonly #flushBackoff: Backoff
  /** Failed attempts in a row. */
  #failures = 0
  /** The destination has answered once, so it exists and a failure is likely to pass. */
  #isThere = false
  #end: (() => void) | undefined
  #until = 0
  #isAsked = false

  /** `flushBackoff` is for while somebody waits for the delivery. */
  constructor(backoff: Backoff = BACKOFF, flushBackoff: Backoff = FLUSH_BACKOFF) {
    this.#backoff = backoff
    this.#flushBackoff = flushBackoff
  }

  /** An attempt has failed; `reached` where somebody was there. */
  failed(reached: boolean): void {
    this.#failures++
    this.#isThere ||= reached
  }

  /** An attempt has had its answer. */
  answered(): void {
    this.#failures = 0
    this.#isThere = true
  }

  /** The pause that is due after a failure, in milliseconds. */
  get millis(): number {
    return backoffMillis(this.#failures - 1, this.#backoff)
  }

  /** The same while somebody waits. Infinite for a collector that was never there: most programs run without one at times. */
  get flushMillis(): number {
    return this.#isThere ? backoffMillis(this.#failures - 1, this.#flushBackoff) : Number.POSITIVE_INFINITY
  }

  /**
   * Waits for `millis`, or until it is cut short; one at a time.
   *
   * @param isAsked the server has asked for it, so nothing shortens it
   * @returns how late the timer was in milliseconds; 0 where the pause was cut short
   */
  wait(millis: number, isAsked: boolean): Promise<number> {
    this.#until = now() + millis
    this.#isAsked = isAsked
    return new Promise((resolve) => {
      const end = (lateMillis: number) => {
        clearTimeout(timer)
        this.#end = undefined
        resolve(lateMillis)
      }
      const timer = setTimeout(() => end(now() - this.#until), millis)
      timer.unref()
      this.#end = () => end(0)
    })
  }

  /**
   * Somebody waits from now on: pauses begin small again, and the present one ends.
   *
   * @returns where the server has asked for it, its end on the monotonic clock; else undefined
   */
  hurry(): number | undefined {
    this.#failures = 0
    if (this.#end !== undefined && this.#isAsked) return this.#until
    this.end()
    return undefined
  }

  end(): void {
    this.#end?.()
  }
}
