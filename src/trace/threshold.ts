import type { TraceState } from '@opentelemetry/api'

/*
 * Consistent probability sampling, by the specification's trace/tracestate-probability-sampling.md: a trace is sampled
 * if its 56 bits of randomness are at least the rejection threshold. Both are hex digits here, which compare as text.
 */

/** The member of `tracestate` in which OpenTelemetry tells its threshold and randomness. */
const MEMBER = 'ot'
const BITS = 56n
const DIGITS = 14
/** Hex digits of a threshold that count, behind leading zeros or `f`s. */
const PRECISION = 4
/** What fits into one member. */
const MAX_MEMBER_CHARS = 256

const THRESHOLD = /^[\da-f]{1,14}$/
const RANDOMNESS = /^[\da-f]{14}$/

/**
 * The threshold of a probability from 2^-56 to 1, as it is written: without trailing zeros, `0` for all. Undefined for
 * smaller ones, with which nothing is sampled.
 */
export function thresholdOf(probability: number): string | undefined {
  const accepted = BigInt(Math.round(Math.min(probability, 1) * 2 ** Number(BITS)))
  if (!(probability > 0) || accepted === 0n) return undefined
  const rejected = (1n << BITS) - accepted
  const exact = hex(rejected)
  const leading = Math.max(/^0*/.exec(exact)![0].length, /^f*/.exec(exact)![0].length)
  const shift = BigInt(4 * Math.max(0, DIGITS - PRECISION - leading))
  const rounded = shift === 0n ? rejected : ((rejected + (1n << (shift - 1n))) >> shift) << shift
  return hex(rounded >= 1n << BITS ? rejected : rounded).replace(/0+$/, '') || '0'
}

function hex(value: bigint): string {
  return value.toString(16).padStart(DIGITS, '0')
}

/** Whether a trace is sampled. `threshold` is as it is written; `randomness` has 14 digits. */
export function isAbove(threshold: string, randomness: string): boolean {
  return randomness >= threshold.padEnd(DIGITS, '0')
}

/** The randomness that a caller has given (`rv`), or else the last 56 bits of the trace's id. */
export function randomnessOf(traceState: TraceState | undefined, traceId: string): string {
  const given = partOf(traceState, 'rv:')
  return given !== undefined && RANDOMNESS.test(given) ? given : traceId.slice(-DIGITS)
}

/** The probability with which a trace was sampled by now, as `th` tells it; undefined where it does not. */
export function probabilityIn(traceState: TraceState | undefined): number | undefined {
  const given = partOf(traceState, 'th:')
  if (given === undefined || !THRESHOLD.test(given)) return undefined
  return 1 - Number(BigInt(`0x${given.padEnd(DIGITS, '0')}`)) / 2 ** Number(BITS)
}

function partOf(traceState: TraceState | undefined, key: 'rv:' | 'th:'): string | undefined {
  const part = traceState
    ?.get(MEMBER)
    ?.split(';')
    .find((part) => part.startsWith(key))
  return part?.slice(key.length)
}

/** The same state with another threshold, or without one; `rv` and what others say there is kept. */
export function withThreshold(
  traceState: TraceState | undefined,
  threshold: string | undefined,
  empty: TraceState,
): TraceState | undefined {
  const member = traceState?.get(MEMBER)
  const others = member === undefined ? [] : member.split(';').filter((part) => part !== '' && !part.startsWith('th:'))
  const parts = threshold === undefined ? others : [`th:${threshold}`, ...others]
  const text = parts.join(';')
  if (text === (member ?? '') || text.length > MAX_MEMBER_CHARS) return traceState
  if (text === '') return traceState?.unset(MEMBER)
  return (traceState ?? empty).set(MEMBER, text)
}
