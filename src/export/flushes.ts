import { now } from '../trace/clock.js'
import { startDeadline } from './deadline.js'

interface Flush {
  /** The number of the newest batch that is waited for. */
  readonly upTo: number
  /** On the monotonic clock. */
  readonly deadline: number
  readonly done: () => void
}

/** Those who wait until what they have found is delivered. They keep the process alive meanwhile. */
export class Flushes {
  readonly #flushes = new Set<Flush>()

  get size(): number {
    return this.#flushes.size
  }

  /** Resolves when all batches up to the number are settled, or after `timeoutMillis`, which `onTimeout` hears of. */
  add(upTo: number, timeoutMillis: number, onTimeout: () => void): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        this.#flushes.delete(flush)
        resolve()
      }
      const cancel = startDeadline(timeoutMillis, true, () => {
        done()
        onTimeout()
      })
      const flush = { upTo, deadline: now() + timeoutMillis, done }
      this.#flushes.add(flush)
    })
  }

  /** Ends those whose batches are settled, and those that end before an attempt at `nextAttempt` on the monotonic clock. */
  end(isSettled: (upTo: number) => boolean, nextAttempt: number = Number.NEGATIVE_INFINITY): void {
    for (const flush of this.#flushes) {
      if (isSettled(flush.upTo) || flush.deadline <= nextAttempt) flush.done()
    }
  }

  endAll(): void {
    for (const flush of this.#flushes) flush.done()
  }
}
