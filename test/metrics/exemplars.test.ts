import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Span } from '@opentelemetry/api'
import { ROOT_CONTEXT, SPAN_KEY } from '../../src/context/context.js'
import { runIn } from '../../src/context/manager.js'
import type { SyncInstrument } from '../../src/metrics/instruments.js'
import type { DecodedMetric } from '../harness/otlp-metrics.js'
import { metering } from './metering.js'

const BOUNDARIES = { advice: { explicitBucketBoundaries: [1, 10] } }

/** A span context as of a remote parent, numbered. */
function spanContext(number: number, traceFlags = 1) {
  return { traceId: String(number).padStart(32, 'a'), spanId: String(number).padStart(16, 'b'), traceFlags }
}

function within<Result>(number: number, fn: () => Result, traceFlags = 1): Result {
  const span = { spanContext: () => spanContext(number, traceFlags) }
  return runIn(ROOT_CONTEXT.setValue(SPAN_KEY, span), fn, undefined)
}

/** Value and number of the span of each exemplar; no number where there is none. */
function exemplars(metrics: readonly DecodedMetric[]): (readonly [number, number | undefined])[] {
  return metrics.flatMap(({ points }) =>
    points.flatMap((point) =>
      point.exemplars.map(({ value, traceId, spanId }) => {
        const number = traceId === '' ? undefined : Number(/\d+$/.exec(traceId)?.[0])
        if (number !== undefined) assert.equal(spanId, spanContext(number).spanId)
        return [value, number] as const
      }),
    ),
  )
}

test('each bucket of a histogram leads to the last sampled trace in it', () => {
  const { meter, collect } = metering()
  const histogram = meter.createHistogram('h', BOUNDARIES)
  for (const [i, value] of [0.5, 5, 0.7, 50, 0.6].entries()) within(i, () => histogram.record(value))
  assert.deepEqual(exemplars(collect()), [
    [0.6, 4],
    [5, 1],
    [50, 3],
  ])
})

test('measurements outside a trace, and in one that is not sampled, are no exemplars', () => {
  const { meter, collect } = metering()
  const histogram = meter.createHistogram('h', BOUNDARIES)
  histogram.record(1)
  within(1, () => histogram.record(1), 0)
  assert.deepEqual(exemplars(collect()), [])
  assert.equal(collect()[0]?.points[0]?.count, 2)
})

test('always_on takes those too', () => {
  const { meter, collect } = metering({ exemplars: 'always_on' })
  const histogram = meter.createHistogram('h', BOUNDARIES)
  histogram.record(1)
  within(7, () => histogram.record(5), 0)
  assert.deepEqual(exemplars(collect()), [
    [1, undefined],
    [5, 7],
  ])
})

test('always_off takes none', () => {
  const { meter, collect } = metering({ exemplars: 'always_off' })
  const histogram = meter.createHistogram('h', BOUNDARIES)
  within(1, () => histogram.record(1))
  assert.deepEqual(exemplars(collect()), [])
})

test('the context that is given counts, and not the active one', () => {
  const { meter, collect } = metering()
  const context = within(1, () => ROOT_CONTEXT.setValue(SPAN_KEY, { spanContext: () => spanContext(2) }))
  within(1, () => meter.createCounter('c').add(1, {}, context))
  assert.deepEqual(exemplars(collect()), [[1, 2]])
})

for (const kind of ['Counter', 'UpDownCounter', 'Gauge'] as const) {
  test(`a ${kind} has one exemplar, which any of its measurements may be`, () => {
    const { meter, collect } = metering()
    const instrument: SyncInstrument = meter[`create${kind}`]('c', { valueType: 0 })
    const seen = new Set<number>()
    for (let round = 0; round < 200; round++) {
      for (let i = 0; i < 3; i++) within(i, () => instrument.record(i + 1))
      const found = exemplars(collect())
      assert.equal(found.length, 1)
      seen.add(found[0]?.[0] ?? 0)
    }
    // That one of them is never chosen in 200 rounds has a probability of 10^-35.
    assert.deepEqual([...seen].sort(), [1, 2, 3])
  })
}

test('an exponential histogram has 20', () => {
  const { meter, collect } = metering({ histograms: 'base2_exponential_bucket_histogram' })
  const histogram = meter.createHistogram('h')
  for (let i = 1; i <= 100; i++) within(i, () => histogram.record(i))
  assert.equal(exemplars(collect()).length, 20)
})

for (const temporality of ['cumulative', 'delta'] as const) {
  test(`an exemplar is told once, ${temporality}`, () => {
    const { meter, collect } = metering({ temporality })
    const histogram = meter.createHistogram('h', BOUNDARIES)
    within(1, () => histogram.record(1))
    assert.deepEqual(exemplars(collect()), [[1, 1]])
    histogram.record(1)
    assert.deepEqual(exemplars(collect()), [])
    within(2, () => histogram.record(2))
    assert.deepEqual(exemplars(collect()), [[2, 2]])
  })
}

test('a reader that others ask keeps exemplars until newer ones come', () => {
  const { meter, collect } = metering({ keepsExemplars: true })
  const histogram = meter.createHistogram('h', BOUNDARIES)
  within(1, () => histogram.record(1))
  collect()
  assert.deepEqual(exemplars(collect()), [[1, 1]])
})

test('what such a reader is told of a counter is from its last period in which there was anything', () => {
  const { meter, collect } = metering({ keepsExemplars: true })
  const counter = meter.createCounter('c')
  for (let i = 1; i <= 50; i++) {
    within(i, () => counter.add(i))
    assert.deepEqual(exemplars(collect()), [[i, i]])
    assert.deepEqual(exemplars(collect()), [[i, i]])
  }
})

test('and may be any measurement of that period', () => {
  const { meter, collect } = metering({ keepsExemplars: true })
  const counter = meter.createCounter('c')
  const seen = new Set<number>()
  for (let round = 0; round < 200; round++) {
    for (let i = 1; i <= 3; i++) within(i, () => counter.add(i))
    seen.add(exemplars(collect())[0]?.[0] ?? 0)
  }
  assert.deepEqual([...seen].sort(), [1, 2, 3])
})

test('of an exponential histogram such a reader is told the newest ones, and older ones where there is room', () => {
  const { meter, collect } = metering({ keepsExemplars: true, histograms: 'base2_exponential_bucket_histogram' })
  const histogram = meter.createHistogram('h')
  for (let i = 1; i <= 100; i++) within(i, () => histogram.record(i))
  collect()
  for (let i = 101; i <= 105; i++) within(i, () => histogram.record(i))
  const values = exemplars(collect()).map(([value]) => value)
  assert.equal(values.length, 20)
  assert.deepEqual(values.slice(0, 5), [101, 102, 103, 104, 105])
})

for (const [kind, histograms] of [
  ['Counter', 'explicit_bucket_histogram'],
  ['Histogram', 'explicit_bucket_histogram'],
  ['Histogram', 'base2_exponential_bucket_histogram'],
] as const) {
  test(`an exemplar is never later than its point, whatever the clock of its trace: ${kind}, ${histograms}`, () => {
    const { meter, collect } = metering({ histograms })
    const span = { spanContext: () => spanContext(1) } as Span
    const instrument: SyncInstrument = meter[`create${kind}`]('m')
    const [late, early] = [Date.now() + 3_600_000, Date.now() - 3_600_000]
    instrument.bind(['is', 'late']).record(1, late, span)
    instrument.bind(['is', 'early']).record(1, early, span)
    const [first, second] = collect()[0]?.points ?? []
    assert.equal(first?.exemplars[0]?.timeUnixNano, first?.timeUnixNano)
    assert.equal(second?.exemplars[0]?.timeUnixNano, BigInt(early) * 1_000_000n)
  })
}
