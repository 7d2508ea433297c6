import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Meter, Span } from '@opentelemetry/api'
import { HandingReader } from '../../src/metrics/handing.js'
import { AgentMeterProvider } from '../../src/metrics/provider.js'
import type { ReaderSettings } from '../../src/metrics/reader.js'
import { ThreadMetrics } from '../../src/metrics/thread-metrics.js'
import { createViews } from '../../src/metrics/views.js'
import { type Metering, metering } from './metering.js'
import { view } from './view.js'

const THREAD = 7

/** The metrics of a thread that has made another one, and that one's meter. */
function handing(settings: Partial<ReaderSettings> = {}): Metering & {
  readonly thread: Meter
  readonly observeInThread: () => void
  readonly endThread: () => void
} {
  const main = metering(settings)
  const messages: Uint8Array[] = []
  // The memory between them, of which the main thread takes what there is.
  const drain = () => {
    for (const message of messages.splice(0)) taken.take(message)
  }
  const metrics = new ThreadMetrics({ provider: main.provider, drain, onMeasured: () => {} })
  const taken = metrics.add(THREAD)
  const reader = new HandingReader({
    hand: (message) => messages.push(Uint8Array.from(message)) > 0,
    own: () => [],
    exemplars: 'trace_based',
    threadId: THREAD,
  })
  const thread = new AgentMeterProvider([reader]).getMeter('metering', '1')
  const endThread = () => {
    drain()
    taken.end()
  }
  return { ...main, thread, observeInThread: () => reader.observeNow(), endThread }
}

test('a collection has all that threads have handed over before it', () => {
  const { thread, values } = handing()
  const counter = thread.createCounter('orders')
  counter.add(1, { kind: 'tea' })
  assert.deepEqual(values('orders'), [[{ kind: 'tea' }, 1]])
  counter.add(2, { kind: 'tea' })
  assert.deepEqual(values('orders'), [[{ kind: 'tea' }, 3]])
})

test('what threads tell of themselves has their id, unless the program has given one', () => {
  const { thread, values, observeInThread } = handing()
  const gauge = thread.createGauge('level')
  thread.createObservableGauge('depth').addCallback((result) => {
    result.observe(1, { 'thread.id': 'mine' })
    result.observe(2, { shelf: 'thread.id' })
  })
  gauge.record(1, { 'thread.id': 'mine' })
  gauge.record(2, { shelf: 'thread.id' })
  observeInThread()
  for (const name of ['level', 'depth']) {
    assert.deepEqual(values(name), [
      [{ 'thread.id': 'mine' }, 1],
      [{ 'thread.id': THREAD, shelf: 'thread.id' }, 2],
    ])
  }
  thread.createCounter('orders').add(1, { shelf: 'a' })
  assert.deepEqual(values('orders'), [[{ shelf: 'a' }, 1]])
})

test('sets of attributes beyond the first 2000 of a thread keep their names where there is room for them', () => {
  const { thread, collect } = handing({ temporality: 'delta' })
  const counter = thread.createCounter('orders')
  for (let i = 0; i < 2003; i++) counter.add(1, { i })
  const points = collect()[0]?.points ?? []
  assert.equal(points.length, 2001)
  assert.deepEqual([points.at(-1)?.attributes, points.at(-1)?.value], [{ 'otel.metric.overflow': true }, 3])
  for (let i = 2000; i < 2003; i++) counter.add(i, { i })
  assert.deepEqual(
    collect()[0]?.points.map(({ attributes, value }) => [attributes, value]),
    [
      [{ i: 2000 }, 2000],
      [{ i: 2001 }, 2001],
      [{ i: 2002 }, 2002],
    ],
  )
})

test('of exemplars the trace arrives, with all measurements', () => {
  const { thread, collect } = handing()
  const counter = thread.createCounter('orders')
  const context = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }
  const span = { spanContext: () => context } as Span
  const inSpan = { getValue: () => span } as never
  const isLast = (i: number) => i === 2000
  for (let i = 0; i <= 2000; i++) counter.add(1, { i }, isLast(i) ? inSpan : undefined)
  const exemplars = collect()[0]?.points.flatMap(({ exemplars }) => exemplars)
  assert.deepEqual(
    exemplars?.map(({ traceId, spanId, value }) => [traceId, spanId, value]),
    [[context.traceId, context.spanId, 1]],
  )
})

test('what a thread has told of itself alone goes with it, when it has been told once more', () => {
  const { meter, thread, values, endThread } = handing()
  const gauge = thread.createGauge('level')
  gauge.record(1)
  gauge.record(2, { 'thread.id': 'of several' })
  thread.createCounter('orders').add(3)
  thread.createCounter('orders').add(4, { 'thread.id': THREAD })
  assert.equal(values('level').length, 2)
  // Another one who holds on to the same series.
  const bound = meter.createGauge('level').bind(['thread.id', THREAD])
  bound.record(3, 0, undefined)
  meter.createGauge('level').record(4, { 'thread.id': THREAD })
  gauge.record(5)
  endThread()
  assert.deepEqual(values('level'), [
    [{ 'thread.id': THREAD }, 5],
    [{ 'thread.id': 'of several' }, 2],
  ])
  assert.deepEqual(values('level'), [[{ 'thread.id': 'of several' }, 2]])
  assert.deepEqual(
    values('orders').map(([, value]) => value),
    [3, 4],
  )
  // Whoever tells of it again does so anew.
  for (const value of [6, 7]) {
    bound.record(value, 0, undefined)
    assert.deepEqual(values('level').at(-1), [{ 'thread.id': THREAD }, value])
  }
  meter.createGauge('level').record(8, { 'thread.id': THREAD })
  assert.deepEqual(values('level').at(-1), [{ 'thread.id': THREAD }, 8])
})

test('where a view leaves out the id, threads share a series that stays', () => {
  const views = createViews([view({}, { excluded: ['thread.id'] })])
  const { thread, values, endThread } = handing({ views })
  thread.createGauge('level').record(1, { shelf: 'a' })
  endThread()
  for (let i = 0; i < 2; i++) assert.deepEqual(values('level'), [[{ shelf: 'a' }, 1]])
})

for (const temporality of ['cumulative', 'delta'] as const) {
  test(`threads that have ended take the place of none that come, however many they are: ${temporality}`, () => {
    const main = metering({ temporality })
    const metrics = new ThreadMetrics({ provider: main.provider, drain: () => {}, onMeasured: () => {} })
    for (let id = 1; id <= 2500; id++) {
      const taken = metrics.add(id)
      const settings = { own: () => [], exemplars: 'always_off', threadId: id } as const
      const hand = (message: Uint8Array) => {
        taken.take(Uint8Array.from(message))
        return true
      }
      const reader = new HandingReader({ ...settings, hand })
      const meter = new AgentMeterProvider([reader]).getMeter('metering', '1')
      meter.createGauge('level').record(id)
      meter.createObservableGauge('depth').addCallback((result) => result.observe(id))
      meter.createObservableCounter('turns').addCallback((result) => result.observe(id))
      reader.observeNow()
      taken.end()
      if (id % 500 > 0) continue
      const metrics500 = main.collect()
      assert.deepEqual(
        metrics500.map(({ name, points }) => [name, points.length]),
        ['level', 'depth', 'turns'].map((name) => [name, 500]),
      )
      for (const { points } of metrics500) assert.equal(points.at(-1)?.attributes['otel.metric.overflow'], undefined)
    }
  })
}
