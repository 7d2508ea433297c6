const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n

/**
 * Whether a value is sent as an integer, `int_value` of `AnyValue`. Other numbers are doubles, also -0, which
 * int64 does not have, and whole numbers so large that doubles skip some; other bigints are sent as text.
 */
export function isInt64(value: number | bigint): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0)
  return value >= MIN && value <= MAX
}

/** The largest double that int64 holds. */
const MAX_DOUBLE = 2 ** 63 - 1024

/** A whole number, and the nearest one that int64 holds where a sum has grown beyond it. */
export function nearestInt64(value: number): number {
  return Math.min(Math.max(value, -MAX_DOUBLE), MAX_DOUBLE)
}
