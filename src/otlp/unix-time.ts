import type { HrTime } from '@opentelemetry/api'
import type { Time } from '../trace/clock.js'

const NANOS_A_SECOND = 1e9
/** OTLP has 64 bits for the nanoseconds: the last whole second that they hold, in the year 2554. */
const MAX_SECONDS = 18_446_744_072

/**
 * A time of the Unix epoch as OTLP wants it, in two whole numbers that a double holds exactly. An
 * object that is set again and again, so that a time costs no memory.
 */
export class UnixTime {
  seconds = 0
  /** Below 10^9. */
  nanos = 0

  /**
   * Exact for `[seconds, nanoseconds]`, else the nearest nanosecond of the doubles' sum, as `toUnixNanos`
   * has it. A time that OTLP cannot say, before 1970 or after 2554 or NaN, is 0: unknown.
   */
  set(time: Time, anchor: number): void {
    if (typeof time !== 'number') {
      this.#setExact(time)
      return
    }
    const anchorWhole = Math.floor(anchor)
    const rest = anchor - anchorWhole + time
    const restWhole = Math.floor(rest)
    const millis = anchorWhole + restWhole
    const seconds = Math.floor(millis / 1000)
    this.#setParts(seconds, (millis - seconds * 1000) * 1e6 + Math.round((rest - restWhole) * 1e6))
  }

  copy(other: UnixTime): void {
    this.seconds = other.seconds
    this.nanos = other.nanos
  }

  isBefore(other: UnixTime): boolean {
    return this.seconds < other.seconds || (this.seconds === other.seconds && this.nanos < other.nanos)
  }

  /** The decimal digits of the nanoseconds. */
  toString(): string {
    if (this.seconds === 0) return String(this.nanos)
    return this.seconds + String(NANOS_A_SECOND + this.nanos).slice(1)
  }

  #setExact([seconds, nanos]: HrTime): void {
    // Programs have given both fractions and more nanoseconds than a second has.
    const whole = Math.floor(seconds)
    const rest = Math.round((seconds - whole) * NANOS_A_SECOND + nanos)
    const carry = Math.floor(rest / NANOS_A_SECOND)
    this.#setParts(whole + carry, rest - carry * NANOS_A_SECOND)
  }

  /** `nanos` is from 0 to 10^9, which rounding may have made. */
  #setParts(seconds: number, nanos: number): void {
    if (!(seconds >= 0 && seconds <= MAX_SECONDS)) {
      this.seconds = 0
      this.nanos = 0
    } else if (nanos < NANOS_A_SECOND) {
      this.seconds = seconds
      this.nanos = nanos
    } else {
      this.seconds = seconds + 1
      this.nanos = 0
    }
  }
}
