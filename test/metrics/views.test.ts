import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROOT_CONTEXT, SPAN_KEY } from '../../src/context/context.js'
import { ConsoleMetrics } from '../../src/export/console/metrics.js'
import { createViews, type Selector, type StreamWishes, type View } from '../../src/metrics/views.js'
import { metering } from './metering.js'
import { view } from './view.js'

const withViews = (...views: View[]) => metering({ views: createViews(views) })

const DROP = { aggregation: { kind: 'drop' } } as const

/** Instruments by name, with unit, of which a selector leaves these. */
const INSTRUMENTS = [
  { create: 'createCounter', name: 'http.calls', unit: '{call}' },
  { create: 'createHistogram', name: 'http.duration', unit: 's' },
  { create: 'createGauge', name: 'db.level', unit: '1' },
  { create: 'createUpDownCounter', name: 'db.open', unit: '{call}' },
] as const

const ALL = INSTRUMENTS.map(({ name }) => name)

const SELECTORS: readonly [selector: Partial<Selector>, selected: readonly string[]][] = [
  [{}, ALL],
  [{ instrumentName: '*' }, ALL],
  [{ instrumentName: 'http.calls' }, ['http.calls']],
  [{ instrumentName: 'HTTP.Calls' }, ['http.calls']],
  [{ instrumentName: 'http.call' }, []],
  [{ instrumentName: 'http.*' }, ['http.calls', 'http.duration']],
  [{ instrumentName: 'http?calls' }, ['http.calls']],
  [{ instrumentName: 'h.*' }, []],
  [{ instrumentName: '?' }, []],
  [{ instrumentName: '*.*l*s' }, ['http.calls']],
  [{ instrumentKind: 'gauge' }, ['db.level']],
  [{ instrumentKind: 'observable_gauge' }, []],
  [{ unit: '{call}' }, ['http.calls', 'db.open']],
  [{ unit: '{call}', instrumentName: 'db.*' }, ['db.open']],
  [{ meterName: 'metering', meterVersion: '1', meterSchemaUrl: '' }, ALL],
  [{ meterName: 'metering', meterVersion: '2' }, []],
  [{ meterName: 'meter*' }, []],
  [{ meterSchemaUrl: 'https://example.org' }, []],
]

for (const [selector, selected] of SELECTORS) {
  test(`${JSON.stringify(selector)} selects ${selected.join(', ') || 'nothing'}`, () => {
    const { meter, collect } = withViews(view(selector, DROP))
    for (const { create, name, unit } of INSTRUMENTS) {
      const instrument = meter[create](name, { unit })
      instrument.record(1)
    }
    assert.deepEqual(
      collect().map(({ name }) => name),
      ALL.filter((name) => !selected.includes(name)),
    )
  })
}

test('a stream has another name and description', () => {
  const { meter, collect } = withViews(view({ instrumentName: 'c' }, { name: 'calls', description: 'Calls' }))
  meter.createCounter('c', { unit: '{call}', description: 'c' }).add(1)
  const [metric] = collect()
  assert.deepEqual([metric?.name, metric?.description, metric?.unit], ['calls', 'Calls', '{call}'])
})

test('each view that selects an instrument makes a stream', () => {
  const { meter, collect } = withViews(
    view({ instrumentName: 'h' }, { name: 'fine', aggregation: exponential() }),
    view({ instrumentName: 'h' }, { name: 'coarse', aggregation: explicit([1]) }),
    view({ instrumentName: 'h' }, { name: 'total', aggregation: { kind: 'sum' } }),
    view({ instrumentName: 'h' }, { name: 'last', aggregation: { kind: 'last_value' } }),
    view({ instrumentName: 'h' }, DROP),
  )
  const histogram = meter.createHistogram('h')
  histogram.record(3)
  histogram.bind([]).record(2, 0, undefined)
  assert.deepEqual(
    collect().map(({ name, data, isMonotonic, points: [point] }) => {
      return [name, data, isMonotonic, point?.value ?? point?.bucketCounts ?? point?.count]
    }),
    [
      ['fine', 'exponentialHistogram', undefined, 2],
      ['coarse', 'histogram', undefined, [0, 2]],
      ['total', 'sum', true, 5],
      ['last', 'gauge', undefined, 2],
    ],
  )
})

test('boundaries of a view win over advice, and without any the advice counts', () => {
  const advice = { advice: { explicitBucketBoundaries: [5] } }
  const settings = { histograms: 'base2_exponential_bucket_histogram' } as const
  for (const [boundaries, expected] of [
    [
      [1, 2],
      [1, 2],
    ],
    [[], []],
    [undefined, [5]],
  ]) {
    const views = createViews([view({}, { aggregation: explicit(boundaries) })])
    const { meter, collect } = metering({ ...settings, views })
    meter.createHistogram('h', advice).record(1)
    assert.deepEqual(collect()[0]?.points[0]?.explicitBounds, expected)
  }
})

test('an exponential histogram is as coarse as a view wants it', () => {
  const { meter, collect } = withViews(view({}, { aggregation: exponential(2, 4) }))
  const histogram = meter.createHistogram('h')
  histogram.record(2)
  assert.equal(collect()[0]?.points[0]?.scale, 2)
  for (const value of [1.01, 4, 8, 16]) histogram.record(value)
  const point = collect()[0]?.points[0]
  assert.equal(point?.scale, 0)
  assert.deepEqual(point?.positive, { offset: 0, counts: [2, 1, 1, 1] })
})

test('a view may leave out minimum and maximum, in all forms', async () => {
  for (const [aggregation, range] of [
    [explicit([1]), [1, 2]],
    [exponential(), [1, 2]],
    [explicit([1], false), [undefined, undefined]],
    [exponential(2, 4, false), [undefined, undefined]],
  ] as const) {
    const { meter, collect, reader } = withViews(view({}, { aggregation }))
    const histogram = meter.createHistogram('h', { unit: 'By' })
    for (const value of [1, 2]) histogram.record(value)
    const point = collect()[0]?.points[0]
    assert.deepEqual([point?.min, point?.max, point?.count, point?.sum], [...range, 2, 3])
    let table = ''
    const write = (text: string) => {
      table += text
    }
    await new ConsoleMetrics({ reader, serviceName: 's', write }).collect(1000)
    assert.match(table, range[0] === undefined ? /2 × 1\.5 B$/m : /2 × 1\.5 B, 1 B to 2 B$/m)
  }
})

for (const kind of ['UpDownCounter', 'Gauge', 'ObservableCounter'] as const) {
  test(`no histogram is made of a ${kind}`, () => {
    for (const aggregation of [exponential(), explicit([1])]) {
      const { meter, collect } = withViews(view({}, { aggregation }))
      if (kind === 'ObservableCounter') meter.createObservableCounter('i').addCallback((result) => result.observe(1))
      else meter[`create${kind}`]('i').record(1)
      assert.equal(collect()[0]?.points[0]?.value, 1)
    }
  })
}

test('a counter becomes a histogram', () => {
  const { meter, collect } = withViews(view({}, { aggregation: explicit(undefined) }))
  meter.createCounter('c').add(7)
  assert.equal(collect()[0]?.points[0]?.bucketCounts?.[2], 1)
})

const KEYS: readonly [Partial<StreamWishes>, kept: readonly string[]][] = [
  [{ included: ['route', 'status'] }, ['route', 'status']],
  [{ included: [] }, []],
  [{ excluded: ['user'] }, ['route', 'status', 'user.id']],
  [{ excluded: ['user*'] }, ['route', 'status']],
  [{ included: ['user*', 'r????'], excluded: ['user'] }, ['route', 'user.id']],
]

for (const [wishes, kept] of KEYS) {
  test(`of attributes ${JSON.stringify(wishes)} keeps ${kept.join(', ') || 'none'}`, () => {
    const attributes = { route: '/', status: 200, user: 'ann', 'user.id': 7 }
    const expected = Object.fromEntries(Object.entries(attributes).filter(([key]) => kept.includes(key)))
    const dropped = Object.fromEntries(Object.entries(attributes).filter(([key]) => !kept.includes(key)))
    const span = { spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }) }
    const context = ROOT_CONTEXT.setValue(SPAN_KEY, span)
    const { meter, collect } = withViews(view({}, wishes))
    meter.createCounter('c').add(1, attributes, context)
    meter.createCounter('c').add(2, { ...attributes, user: kept.includes('user') ? 'ann' : 'ben' }, ROOT_CONTEXT)
    meter
      .createCounter('bound')
      .bind(Object.entries(attributes).flat())
      .record(3, 0, span as never)
    meter.createObservableUpDownCounter('sum').addCallback((result) => {
      for (const host of ['a', 'b'])
        result.observe(2, { ...attributes, ...(kept.includes('user') ? {} : { user: host }) })
    })
    for (const { name, points } of collect()) {
      assert.equal(points.length, 1, name)
      assert.deepEqual(points[0]?.attributes, expected, name)
      assert.equal(points[0]?.value, name === 'sum' ? 4 : 3)
      // What the point has not, the exemplar has.
      for (const { filteredAttributes } of points[0]?.exemplars ?? []) assert.deepEqual(filteredAttributes, dropped)
      assert.equal(points[0]?.exemplars.length, name === 'sum' ? 0 : 1)
    }
  })
}

test('the limit of a view wins over that of the reader, which wins over 2000', () => {
  const views = createViews([view({ instrumentName: 'one' }, { cardinalityLimit: 1 })])
  const { meter, collect } = metering({ views, cardinalityLimits: { gauge: 2, default: 3 } })
  for (let i = 0; i < 10; i++) {
    meter.createCounter('one').add(1, { i })
    meter.createGauge('two').record(1, { i })
    meter.createCounter('three').add(1, { i })
  }
  meter.createObservableCounter('three.more').addCallback((result) => {
    for (let i = 0; i < 10; i++) result.observe(1, { i })
  })
  assert.deepEqual(
    collect().map(({ name, points }) => [name, points.length, points.at(-1)?.attributes]),
    [
      ['one', 2, { 'otel.metric.overflow': true }],
      ['two', 3, { 'otel.metric.overflow': true }],
      ['three', 4, { 'otel.metric.overflow': true }],
      ['three.more', 4, { 'otel.metric.overflow': true }],
    ],
  )
})

function explicit(boundaries: readonly number[] | undefined, tellsMinMax = true) {
  return { kind: 'explicit_bucket_histogram', boundaries, tellsMinMax } as const
}

function exponential(maxScale?: number, maxBuckets?: number, tellsMinMax = true) {
  return { kind: 'base2_exponential_bucket_histogram', maxScale, maxBuckets, tellsMinMax } as const
}
