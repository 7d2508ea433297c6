import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DecodedPoint } from '../harness/otlp-metrics.js'
import { metering } from './metering.js'

test('a bucket holds its upper bound and not its lower one', () => {
  const { meter, collect } = metering()
  const histogram = meter.createHistogram('h', { advice: { explicitBucketBoundaries: [0.1, 1, 10] } })
  for (const value of [0, 0.1, 0.1000001, 1, 1.0000001, 10, 10.1, 1e300]) histogram.record(value)
  const point = collect()[0]?.points[0]
  assert.deepEqual(point?.explicitBounds, [0.1, 1, 10])
  assert.deepEqual(point?.bucketCounts, [2, 2, 2, 2])
  assert.equal(point?.count, 8)
  assert.equal(point?.min, 0)
  assert.equal(point?.max, 1e300)
})

test('without advice a histogram has the boundaries of the specification', () => {
  const { meter, collect } = metering()
  meter.createHistogram('h').record(7)
  assert.deepEqual(
    collect()[0]?.points[0]?.explicitBounds,
    [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000],
  )
})

for (const [advice, expected] of [
  [
    [1, 2, Number.POSITIVE_INFINITY],
    [1, 2],
  ],
  [[Number.POSITIVE_INFINITY], []],
] as const) {
  test(`boundaries may end with infinity: ${advice}`, () => {
    const { meter, collect } = metering()
    meter.createHistogram('h', { advice: { explicitBucketBoundaries: [...advice] } }).record(7)
    assert.deepEqual(collect()[0]?.points[0]?.explicitBounds, expected)
  })
}

const { NaN: NONE, POSITIVE_INFINITY: INFINITY } = Number

for (const advice of [[2, 1], [1, 1], [NONE], ['1'], [1, INFINITY, INFINITY], [-INFINITY, 1], 'wide']) {
  test(`${advice} are no boundaries, and the default ones are taken`, () => {
    const { meter, collect } = metering()
    meter.createHistogram('h', { advice: { explicitBucketBoundaries: advice as number[] } }).record(7)
    assert.equal(collect()[0]?.points[0]?.explicitBounds?.length, 15)
  })
}

test('a histogram without boundaries has one bucket', () => {
  const { meter, collect } = metering()
  meter.createHistogram('h', { advice: { explicitBucketBoundaries: [] } }).record(7)
  assert.deepEqual(collect()[0]?.points[0]?.bucketCounts, [1])
})

test('the first advice counts', () => {
  const { meter, collect } = metering()
  meter.createHistogram('h', { advice: { explicitBucketBoundaries: [1] } }).record(1)
  meter.createHistogram('h', { advice: { explicitBucketBoundaries: [2] } }).record(2)
  const [metric, ...others] = collect()
  assert.deepEqual(others, [])
  assert.deepEqual(metric?.points[0]?.explicitBounds, [1])
  assert.deepEqual(metric?.points[0]?.bucketCounts, [1, 1])
})

test('minimum and maximum are those of the delta', () => {
  const { meter, collect } = metering({ temporality: 'delta' })
  const histogram = meter.createHistogram('h')
  histogram.record(1)
  histogram.record(100)
  collect()
  histogram.record(10)
  const point = collect()[0]?.points[0]
  assert.deepEqual([point?.min, point?.max, point?.sum, point?.count], [10, 10, 10, 1])
})

/** The bucket that holds a value, found by its definition: base^i < value <= base^(i + 1). */
function assertHolds(point: DecodedPoint | undefined, values: readonly number[]): void {
  assert.ok(point?.scale !== undefined && point.positive !== undefined)
  const { offset, counts } = point.positive
  const base = 2 ** (2 ** -point.scale)
  let below = 0
  for (const [i, count] of counts.entries()) {
    below += count
    const bound = base ** (offset + i + 1)
    // At the bounds the logarithm may err by its last bits.
    const least = values.filter((value) => value < bound * (1 - 1e-9)).length
    const most = values.filter((value) => value <= bound * (1 + 1e-9)).length
    assert.ok(least <= below && below <= most, `${below} at ${bound}: between ${least} and ${most}`)
  }
}

const EXPONENTIAL: readonly {
  values: readonly number[]
  scale: number
  offset?: number
  counts?: readonly number[]
}[] = [
  { values: [1], scale: 20, offset: -1, counts: [1] },
  { values: [2], scale: 20, offset: 2 ** 20 - 1, counts: [1] },
  { values: [1, 2], scale: 7 },
  { values: [1, 1.5, 2, 3, 4, 8, 0.25], scale: 4 },
  // 2^-1022 and 2^1023, as far apart as normal numbers are.
  { values: [2.2250738585072014e-308, 1.7976931348623157e308], scale: -4, offset: -64, counts: [1, ...zeros(126), 1] },
  { values: [5e-324, 1], scale: -3 },
  { values: Array.from({ length: 1000 }, (_, i) => (i + 1) / 1000), scale: 4 },
]

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0)
}

for (const { values, scale, offset, counts } of EXPONENTIAL) {
  test(`an exponential histogram of ${values.length} values from ${Math.min(...values)} to ${Math.max(...values)}`, () => {
    const { meter, collect } = metering({ histograms: 'base2_exponential_bucket_histogram' })
    const histogram = meter.createHistogram('h')
    for (const value of values) histogram.record(value)
    const [metric] = collect()
    assert.equal(metric?.data, 'exponentialHistogram')
    const point = metric?.points[0]
    assert.equal(point?.scale, scale)
    if (offset !== undefined) assert.equal(point?.positive?.offset, offset)
    if (counts !== undefined) assert.deepEqual(point?.positive?.counts, counts)
    assert.ok((point?.positive?.counts.length ?? 0) <= 160)
    if (!values.includes(5e-324)) assertHolds(point, values)
  })
}

test('powers of two are in the bucket below, at every scale', () => {
  const { meter, collect } = metering({ histograms: 'base2_exponential_bucket_histogram' })
  const histogram = meter.createHistogram('h')
  for (let i = -20; i <= 20; i++) histogram.record(2 ** i, { i })
  for (const { attributes, positive, scale } of collect()[0]?.points ?? [])
    assert.equal(positive?.offset, Number(attributes.i) * 2 ** (scale ?? 0) - 1, `2^${attributes.i}`)
})

test('zeros have a count of their own', () => {
  const { meter, collect } = metering({ histograms: 'base2_exponential_bucket_histogram', temporality: 'delta' })
  const histogram = meter.createHistogram('h')
  histogram.record(0)
  histogram.record(0)
  histogram.record(1)
  const point = collect()[0]?.points[0]
  assert.equal(point?.zeroCount, 2)
  assert.deepEqual(point?.positive?.counts, [1])
  histogram.record(0)
  assert.deepEqual(collect()[0]?.points[0]?.positive?.counts, [])
})
