import type { Span } from '@opentelemetry/api'
import { diag } from '../diag/diag.js'
import { unixMillis } from '../trace/clock.js'

/** Who takes measurements when they are settled. */
export interface Taker {
  take(value: number, timeMillis: number, span: Span | undefined): void
}

/**
 * So many measurements are settled together: one or a few of each request, whose spans they keep in memory. As many as the
 * spans make that are encoded together.
 */
const TOGETHER = 32

/*
 * Measurements that the agent itself has made and nobody has asked for yet, in the order in which they came. To put one
 * where it belongs is long code that runs through once: for the first of them the processor has to fetch it, where a
 * request of the program's was served since, and for the others it is there.
 */
const takers: (Taker | undefined)[] = []
const values = new Float64Array(TOGETHER)
const times = new Float64Array(TOGETHER)
const spans: (Span | undefined)[] = []
let count = 0
let isSettling = false
/** Who has more to be measured, but waits with it. */
const waiting: (() => void)[] = []

/** Has `measure` called before anybody looks, each time: it is to `note` what has waited until then. */
export function addWaiting(measure: () => void): void {
  waiting.push(measure)
}

/** Keeps a measurement until `settle`, or until there are enough of them; `timeMillis` is when, in Unix milliseconds or 0 for now. */
export function note(taker: Taker, value: number, timeMillis: number, span: Span | undefined): void {
  if (count === TOGETHER) settleNoted()
  if (count === TOGETHER) {
    // What is settled brings forth so much: it cannot wait for itself.
    taker.take(value, timeMillis, span)
    return
  }
  takers[count] = taker
  values[count] = value
  times[count] = timeMillis === 0 && span !== undefined ? unixMillis() : timeMillis
  spans[count++] = span
}

/** Has all measurements taken. To be called before anybody looks at what they have come to. */
export function settle(): void {
  for (const measure of waiting) measure()
  settleNoted()
}

/** Has those taken that are there, and their spans let go. */
export function settleNoted(): void {
  if (isSettling) return
  isSettling = true
  for (let i = 0; i < count; i++) {
    const taker = takers[i]!
    const span = spans[i]
    takers[i] = undefined
    spans[i] = undefined
    try {
      taker.take(values[i]!, times[i]!, span)
    } catch (error) {
      diag.fault('a metric', error)
    }
  }
  count = 0
  isSettling = false
}
