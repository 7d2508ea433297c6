import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UnixTime } from '../../src/otlp/unix-time.js'
import { type Time, toUnixNanos } from '../../src/trace/clock.js'
import { ANCHOR, deliveredSpan, exactly, PROTOCOLS } from './span-data.js'

const MOST = 2n ** 64n
/** The last whole second of which all nanoseconds fit 64 bits. */
const LAST_SECOND = 18_446_744_072

const CASES: [string, Time, bigint][] = [
  ['the smallest time', exactly(0, 1), 1n],
  ['nanoseconds only', exactly(0, 999_999_999), 999_999_999n],
  ['a whole second', exactly(1, 0), 1_000_000_000n],
  ['today', exactly(1_795_219_200, 123_456_789), 1_795_219_200_123_456_789n],
  ['65536 seconds', exactly(65_536, 1), 65_536_000_000_001n],
  ['the last of 32 bits of seconds', exactly(2 ** 32 - 1, 999_999_999), 4_294_967_295_999_999_999n],
  ['the last time', exactly(LAST_SECOND, 999_999_999), BigInt(LAST_SECOND) * 1_000_000_000n + 999_999_999n],
  ['a time that is too late', exactly(LAST_SECOND + 1, 0), 0n],
  ['a time before 1970', exactly(-1, 0), 0n],
  ['more nanoseconds than a second has', exactly(5, 2_500_000_000), 7_500_000_000n],
  ['negative nanoseconds', exactly(5, -1), 4_999_999_999n],
  ['a fraction of a second', exactly(5.25, 1), 5_250_000_001n],
  ['a fraction of a nanosecond', exactly(5, 0.6), 5_000_000_001n],
  ['not a number', exactly(Number.NaN, 0), 0n],
  ['infinite', exactly(Number.POSITIVE_INFINITY, 0), 0n],
  ['monotonic zero', 0, 1_700_000_000_000_250_000n],
  ['a nanosecond later', 0.000001, 1_700_000_000_000_250_001n],
  ['a fraction that rounds up to the next millisecond', 0.7499999, 1_700_000_000_001_000_000n],
  ['a fraction that rounds up to the next second', 999.7499999, 1_700_000_001_000_000_000n],
  ['monotonic and before 1970', -2e12, 0n],
  ['monotonic and too late', 1e300, 0n],
  ['monotonic and not a number', Number.NaN, 0n],
  ['monotonic and infinite', Number.NEGATIVE_INFINITY, 0n],
]

for (const [name, time, nanos] of CASES) {
  test(`${name} is ${nanos}`, () => {
    const unixTime = new UnixTime()
    unixTime.set(time, ANCHOR)
    assert.equal(String(unixTime), String(nanos))
    if (nanos === 0n) return
    for (const protocol of PROTOCOLS) {
      const span = deliveredSpan(protocol, { startTime: time, endTime: time })
      assert.equal(span.startTimeUnixNano, nanos)
      assert.equal(span.endTimeUnixNano, nanos)
    }
  })
}

test('monotonic times are the same as toUnixNanos has them, and within 2 ns of the exact sum', () => {
  const unixTime = new UnixTime()
  for (let i = 0; i < 20_000; i++) {
    const anchor = ANCHOR + i * 12_345.678
    const time = ((i * 7919) % 1_000_003) * 1.000_123 + i / 1e6
    unixTime.set(time, anchor)
    const nanos = BigInt(String(unixTime))
    assert.equal(nanos, toUnixNanos(time, anchor))
    assert.ok(nanos < MOST)
    // Both are exact in units of 2^-11 ms and 2^-32 ms, so the sum of the two is exact in BigInt.
    const exact = BigInt(anchor * 2 ** 32) + BigInt(Math.round(time * 2 ** 32))
    const error = Number(nanos - (exact * 1_000_000n) / 2n ** 32n)
    assert.ok(Math.abs(error) <= 2, `${error} ns`)
  }
})
