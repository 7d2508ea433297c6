import type { HrTime, TimeInput } from '@opentelemetry/api'

/**
 * A point in time: milliseconds on the monotonic clock (`performance.now()`), or, where the program
 * gave a time of its own, the seconds and nanoseconds of the Unix epoch that it meant, kept exactly.
 */
export type Time = number | HrTime

/** So often at most the wall clock is looked at, on the monotonic one: a look costs 0.05 to 0.1 us. */
const CHECK_MILLIS = 1
/** How far the wall clock may walk away from the anchor before the next trace gets a new one. */
const DRIFT_MILLIS = 5

// Tests put clocks that stand still in the place of the global ones, for a while or for good: the true ones are kept.
/** Unix milliseconds by the wall clock, which may be set: for times that other processes have written. */
export const { now: wallMillis } = Date
// `performance.now`, which waits for the first time that is needed, as it loads modules of Node 20.
let read: (() => number) | undefined
/** Unix milliseconds at monotonic time zero, as the process began; of the clock, which takes 0.1 us to tell it. */
let origin = 0

let anchor = 0
let checkedAt = Number.NEGATIVE_INFINITY

/** Milliseconds on the monotonic clock. */
export function now(): number {
  return (read ?? startClock())()
}

// By then the global may be such a clock, and the module's own object have such a `now`: that of its class is the true one.
function startClock(): () => number {
  const { performance } = process.getBuiltinModule('node:perf_hooks')
  const { now } = Object.getPrototypeOf(performance) as typeof performance
  read = now.bind(performance)
  origin = performance.timeOrigin
  anchor = origin
  return read
}

/**
 * What to add to a monotonic time to have Unix milliseconds. A local root span asks once and its
 * descendants take over its answer, so that the spans of one trace agree with each other even when
 * the wall clock is set, or the machine slept, between traces.
 */
export function clockAnchor(monotonicNow: number): number {
  const sinceCheck = monotonicNow - checkedAt
  return sinceCheck >= 0 && sinceCheck < CHECK_MILLIS ? anchor : checkedAnchor(monotonicNow)
}

function checkedAnchor(monotonicNow: number): number {
  if (read === undefined) startClock()
  checkedAt = monotonicNow
  // The time given may be of a while ago, or the thread have stood still since: then both clocks are looked at again.
  if (hasDrifted(driftAt(monotonicNow))) {
    const drift = driftAt(now())
    if (hasDrifted(drift)) anchor += drift
  }
  return anchor
}

function driftAt(monotonicNow: number): number {
  return wallMillis() - (monotonicNow + anchor)
}

/** `Date.now()` has lost its fraction, so it may lag by up to 1 ms when all is well. */
function hasDrifted(drift: number): boolean {
  return drift > DRIFT_MILLIS || drift < -DRIFT_MILLIS
}

/** Unix milliseconds by the clock of spans, which may differ from the wall clock by a few. */
export function unixMillis(): number {
  const monotonic = now()
  return clockAnchor(monotonic) + monotonic
}

/**
 * The API takes Date, [seconds, nanoseconds], Unix milliseconds, or `performance.now()` values.
 * A number below the process's own start can only be of the last kind. What is no time is now.
 */
export function fromTimeInput(time: TimeInput): Time {
  if (typeof time === 'number') {
    if (read === undefined) startClock()
    return time >= origin ? fromUnixMillis(time) : time >= 0 ? time : now()
  }
  if (time instanceof Date) return fromUnixMillis(time.getTime())
  if (!Array.isArray(time)) return now()
  const [seconds, nanos] = time
  return Number.isSafeInteger(seconds) && Number.isSafeInteger(nanos) ? [seconds, nanos] : now()
}

function fromUnixMillis(millis: number): Time {
  if (!Number.isFinite(millis)) return now()
  const seconds = Math.floor(millis / 1000)
  return [seconds, Math.round((millis - seconds * 1000) * 1e6)]
}

/** Nanoseconds of the Unix epoch. Exact, and slow: for JSON, consoles and tests. */
export function toUnixNanos(time: Time, spanAnchor: number): bigint {
  if (typeof time !== 'number') return BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])
  const anchorWhole = Math.floor(spanAnchor)
  const rest = spanAnchor - anchorWhole + time
  const restWhole = Math.floor(rest)
  return BigInt(anchorWhole + restWhole) * 1_000_000n + BigInt(Math.round((rest - restWhole) * 1e6))
}

/** Unix milliseconds with a fraction. */
export function toUnixMillis(time: Time, spanAnchor: number): number {
  return typeof time === 'number' ? spanAnchor + time : time[0] * 1000 + time[1] / 1e6
}
