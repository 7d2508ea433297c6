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
