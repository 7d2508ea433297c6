import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DecodedMetric, DecodedPoint } from '../harness/otlp-metrics.js'
import { launch, run } from '../harness/program.js'
import { type Sink, startSink } from '../harness/sink.js'

const APP = 'metrics/runtime.cjs'
const INTERVAL = { OTEL_METRIC_EXPORT_INTERVAL: '100' }
const SCOPE = 'autospan/runtime-node'

/** Name, unit, kind of data, and keys of the attributes, as the semantic conventions have them. */
const OF_A_THREAD = [
  'nodejs.eventloop.delay.max s gauge',
  'nodejs.eventloop.delay.mean s gauge',
  'nodejs.eventloop.delay.min s gauge',
  'nodejs.eventloop.delay.p50 s gauge',
  'nodejs.eventloop.delay.p90 s gauge',
  'nodejs.eventloop.delay.p99 s gauge',
  'nodejs.eventloop.delay.stddev s gauge',
  'nodejs.eventloop.time s counter nodejs.eventloop.state',
  'nodejs.eventloop.utilization 1 gauge',
  'v8js.gc.duration s histogram v8js.gc.type',
  'v8js.memory.heap.space.available_size By up-down counter v8js.heap.space.name',
  'v8js.memory.heap.space.physical_size By up-down counter v8js.heap.space.name',
  'v8js.memory.heap.space.size By up-down counter v8js.heap.space.name',
  'v8js.memory.heap.used By up-down counter v8js.heap.space.name',
  'v8js.resource.active {resource} gauge v8js.resource.type',
]
const OF_THE_PROCESS = [
  'process.cpu.time s counter cpu.mode',
  'process.cpu.utilization 1 gauge cpu.mode',
  'process.memory.usage By up-down counter',
  'process.uptime s gauge',
]

function told(metrics: readonly DecodedMetric[]): string[] {
  return [...new Set(metrics.filter(({ points }) => points.length > 0).map(lineOf))].sort()
}

function lineOf({ name, unit, data, isMonotonic, points }: DecodedMetric): string {
  const kind = data === 'sum' ? (isMonotonic ? 'counter' : 'up-down counter') : data
  const keys = Object.keys(points[0]?.attributes ?? {}).filter((key) => key !== 'thread.id')
  return [name, unit, kind, ...keys].join(' ')
}

function ofRuntime(sink: Sink): readonly DecodedMetric[] {
  return sink.metrics.filter(({ scope }) => scope.name === SCOPE)
}

function values(sink: Sink, name: string): number[] {
  return ofRuntime(sink).flatMap((metric) => (metric.name === name ? metric.points.map(({ value = 0 }) => value) : []))
}

test('what Node.js does is measured by the names of the conventions', async (t) => {
  const sink = await startSink(t)
  launch(t, APP, { nodeFlags: ['--expose-gc'], env: { ...sink.env, ...INTERVAL } })
  const all = [...OF_A_THREAD, ...OF_THE_PROCESS].sort()
  await sink.until(() => told(ofRuntime(sink)).length >= all.length, 'all metrics')
  assert.deepEqual(told(ofRuntime(sink)), all)

  // The loop is blocked for 150 ms at a time, and a delay of nearly that will be seen.
  await sink.until(() => values(sink, 'nodejs.eventloop.delay.max').some((delay) => delay > 0.09), 'a delay')
  for (const value of values(sink, 'nodejs.eventloop.utilization')) assert.ok(value >= 0 && value <= 1, String(value))
  for (const value of values(sink, 'process.cpu.utilization')) assert.ok(value >= 0, String(value))
  const uptimes = values(sink, 'process.uptime')
  assert.deepEqual(
    uptimes,
    uptimes.toSorted((a, b) => a - b),
  )
  const collections = () => ofRuntime(sink).flatMap(({ name, points }) => (name === 'v8js.gc.duration' ? points : []))
  const isMajor = ({ attributes, count = 0, sum = 0 }: DecodedPoint) =>
    attributes['v8js.gc.type'] === 'major' && count > 0 && sum > 0
  await sink.until(() => collections().some(isMajor), 'a major collection')
  const spaces = ofRuntime(sink).findLast(({ name }) => name === 'v8js.memory.heap.used')?.points ?? []
  assert.ok(
    spaces.some(({ attributes, value = 0 }) => attributes['v8js.heap.space.name'] === 'old_space' && value > 1e6),
  )
})

test('a thread tells of its own event loop and heap, and the main thread alone of the process', async (t) => {
  const sink = await startSink(t)
  // Long enough for the loop to turn, so that whatever the thread observes has delays in it.
  const env = { ...sink.env, OTEL_METRIC_EXPORT_INTERVAL: '500', AS_WORKER: '1' }
  launch(t, APP, { nodeFlags: ['--expose-gc'], env })
  const of = (isOfWorker: boolean) =>
    told(
      ofRuntime(sink).map((metric) => ({
        ...metric,
        points: metric.points.filter(({ attributes }) => (attributes['thread.id'] !== undefined) === isOfWorker),
      })),
    )
  // What is counted as it happens is counted for all threads together.
  const ofWorker = OF_A_THREAD.filter((line) => !line.includes(' histogram '))
  const ofMain = [...OF_A_THREAD, ...OF_THE_PROCESS].sort()
  await sink.until(
    () => of(true).length >= ofWorker.length && of(false).length >= ofMain.length,
    'the metrics of both threads',
  )
  assert.deepEqual(of(true), ofWorker)
  assert.deepEqual(of(false), ofMain)
})

for (const [variable, value] of [
  ['OTEL_INSTRUMENTATION_RUNTIME_NODE_ENABLED', 'false'],
  ['OTEL_NODE_DISABLED_INSTRUMENTATIONS', 'runtime-node'],
  ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'http'],
] as const) {
  test(`${variable}=${value} leaves it out`, async (t) => {
    const sink = await startSink(t)
    const program = launch(t, 'metrics/shop.mjs', {
      env: { ...sink.env, ...INTERVAL, [variable]: value },
    })
    await sink.until(() => sink.metrics.filter(({ name }) => name === 'shop.orders').length >= 3, 'three exports')
    assert.deepEqual(ofRuntime(sink), [])
    assert.equal(program.stderr.split('\n').length, 2)
  })
}

test('a program of which nothing else is measured ends without a word to the collector', async (t) => {
  const sink = await startSink(t)
  // The metrics begin after 300 ms, and are exported after 600.
  const env = { ...sink.env, OTEL_METRIC_EXPORT_INTERVAL: '300', END_MILLIS: '350' }
  const { code } = await run(APP, { nodeFlags: ['--expose-gc'], env })
  await sink.settled()
  assert.deepEqual([code, sink.metricRequests.length], [0, 0])
})

test('it keeps no program alive', async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, OTEL_METRIC_EXPORT_INTERVAL: '20' }
  const { code, stderr } = await run('metrics/short.cjs', { env })
  await sink.settled()
  assert.deepEqual([code, ofRuntime(sink).length > 0], [0, true], stderr)
})
