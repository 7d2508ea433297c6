import { wallMillis } from '../trace/clock.js'

/** How long to wait from one attempt to the next. */
export interface Backoff {
  readonly initialMillis: number
  readonly factor: number
  readonly capMillis: number
  /** The share, 0 to 1, by which a wait may be longer or shorter than computed. */
  readonly jitter: number
}

/** The values of OpenTelemetry's own JavaScript exporters; the specification gives none but asks for jitter. */
export const BACKOFF: Backoff = { initialMillis: 1000, factor: 1.5, capMillis: 5000, jitter: 0.2 }

/** While somebody waits for the delivery, mostly a process that wants to exit and has a second. */
export const FLUSH_BACKOFF: Backoff = { initialMillis: 100, factor: 2, capMillis: 5000, jitter: 0.2 }

/** The longest that a `Retry-After` is obeyed: a wrong clock or a slip of the pen must not end delivery for good. */
export const MAX_RETRY_AFTER_MILLIS: number = 15 * 60_000

/** Milliseconds to wait after the attempt of number `attempt`, counted from 0. */
export function backoffMillis(attempt: number, backoff: Backoff, random: () => number = Math.random): number {
  const millis = Math.min(backoff.initialMillis * backoff.factor ** attempt, backoff.capMillis)
  return millis * (1 + backoff.jitter * (2 * random() - 1))
}

/** PROTO docs/specification.md names these and no others. */
export function isRetryableStatus(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504
}

/**
 * `Retry-After` in milliseconds from `sinceMillis` on, at most `MAX_RETRY_AFTER_MILLIS`; undefined
 * where it is neither seconds nor a date. RFC 9110, section 10.2.3.
 */
export function readRetryAfter(value: string | undefined, sinceMillis: number = wallMillis()): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const millis = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseHttpDate(text) - sinceMillis
  if (Number.isNaN(millis)) return undefined
  return Math.min(Math.max(millis, 0), MAX_RETRY_AFTER_MILLIS)
}

/** All three forms of RFC 9110 begin with the day of the week; the oldest, of `asctime`, leaves out its `GMT`. */
function parseHttpDate(text: string): number {
  if (!/^[a-z]{3}/i.test(text)) return Number.NaN
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
}
