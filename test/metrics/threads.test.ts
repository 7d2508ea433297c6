import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DecodedMetric } from '../harness/otlp-metrics.js'
import { launch, run, start } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const APP = 'threads/measured.cjs'
/** What three threads have measured, and what is left of it: two of them have gone by then, or have not. */
const COUNTS = [
  ['shop.orders', 'hot=true kind=tea', 3],
  ['shop.time', '', 3],
]
const LEVELS = [
  ['shop.level', 'shelf=a', 0],
  ['shop.level', 'shelf=a thread.id=1', 1],
  ['shop.level', 'shelf=a thread.id=2', 2],
]
const OPEN = { one: ['shop.open', '', 1], three: ['shop.open', '', 3] }
const TURNS = [
  ['shop.turns', '', 1],
  ['shop.turns', 'thread.id=1', 2],
  ['shop.turns', 'thread.id=2', 3],
]

function seriesOf(metrics: readonly DecodedMetric[], prefix = 'shop.') {
  const all = metrics
    .filter(({ name }) => name.startsWith(prefix))
    .flatMap(({ name, points }) =>
      points.map(({ attributes, value, count }) => [name, textOf(attributes), (value ?? count) as number]),
    )
  // Within one process nothing but names and attributes tells series apart, as backends see it.
  assert.equal(new Set(all.map(([name, attributes]) => `${name} ${attributes}`)).size, all.length)
  return all.sort((a, b) => (String(a) < String(b) ? -1 : 1))
}

function textOf(attributes: Record<string, unknown>): string {
  return Object.entries(attributes)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(' ')
}

for (const [way, left] of [
  ['worker.terminate()', [...COUNTS, ...LEVELS, OPEN.one, TURNS[0]]],
  ['its empty event loop', [...COUNTS, ...LEVELS, OPEN.one, ...TURNS]],
  ['process.exit()', [...COUNTS, ...LEVELS, OPEN.three, TURNS[0]]],
  ['an error', [...COUNTS, ...LEVELS, OPEN.three, TURNS[0]]],
  ['SIGTERM', [...COUNTS, ...LEVELS, OPEN.three, TURNS[0]]],
] as const) {
  test(`threads that are ended by ${way} have measured with the main one, in one stream`, async (t) => {
    const sink = await startSink(t)
    const { stderr } = await run(APP, { env: { ...sink.env, WAY: way, OTEL_LOG_LEVEL: 'warn' } })
    assert.doesNotMatch(stderr, /^autospan: /m)
    const spans = await sink.settled()
    assert.deepEqual(
      seriesOf(sink.metrics),
      left.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    )
    for (const { resource } of sink.metrics) assert.equal(resource['thread.id'], undefined)
    const exemplars = sink.metric('shop.time')?.points[0]?.exemplars ?? []
    assert.deepEqual(
      exemplars.map(({ spanId }) => spans.find((span) => span.spanId === spanId)?.name),
      exemplars.map(({ value }) => `order ${value / 5}`),
    )
    assert.equal(exemplars.length, 2)
  })
}

for (const temporality of ['cumulative', 'delta']) {
  test(`what a main thread that stands still has no room for is counted once all the same, ${temporality}`, async (t) => {
    const sink = await startSink(t)
    const TIMES = 60_000
    const env = { ...sink.env, TIMES: String(TIMES), WAY: 'its empty event loop', OTEL_METRIC_EXPORT_INTERVAL: '100' }
    const { stderr } = await run('threads/standstill.cjs', {
      env: { ...env, OTEL_LOG_LEVEL: 'warn', OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality },
    })
    assert.equal(stderr, '')
    await sink.settled()
    const sums = new Map<unknown, number>()
    for (const { name, points, resource } of sink.metrics) {
      if (name !== 'shop.orders') continue
      const thread = resource['thread.id']
      const value = points[0]?.value ?? 0
      sums.set(thread, temporality === 'delta' ? (sums.get(thread) ?? 0) + value : value)
    }
    // The thread delivers the rest itself, as another one, which its resource tells.
    assert.deepEqual([...sums.keys()].sort(), [1, undefined])
    assert.equal(
      [...sums.values()].reduce((sum, value) => sum + value, 0),
      TIMES,
    )
  })
}

test('a scraper gets what threads have measured, and what they observe', async (t) => {
  const program = launch(t, APP, {
    env: {
      WAY: 'none',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      OTEL_METRIC_EXPORT_INTERVAL: '50',
    },
  })
  const [, url = ''] = await program.printed(/metrics for Prometheus at (\S+)/, { on: 'stderr' })
  let text = ''
  const isThere = (thread: number) => text.includes(`nodejs_eventloop_utilization_ratio{thread_id="${thread}",`)
  while (!isThere(1) || !isThere(2)) text = await (await fetch(url)).text()
  assert.match(text, /^shop_orders_total\{.*kind="tea".*\} 3$/m)
  assert.match(text, /^shop_turns_total\{thread_id="2",.*\} 3$/m)
  assert.equal(text.match(/^process_cpu_time_seconds_total\{/gm)?.length, 2)
})

test('a thread with a name of its own delivers its metrics itself, under that name', async (t) => {
  const sink = await startSink(t)
  await run('threads/named-meter.cjs', { env: { ...sink.env, OTEL_SERVICE_NAME: 'shop' } })
  await sink.settled()
  const told = sink.metrics
    .filter(({ name }) => name === 'shop.orders')
    .map(({ resource, points }) => [resource['service.name'], points[0]?.value])
  assert.deepEqual(told.sort(), [
    ['shop', 1],
    ['worker', 2],
  ])
})

test('requests that threads serve are one series, with routes, and none is active when they have gone', async (t) => {
  const sink = await startSink(t)
  const server = await start(t, 'threads/serving.cjs', { env: sink.env })
  const urls = [
    server.url,
    ...(await server.printed(/^worker (\d+)$/m)).slice(1).map((port) => `http://127.0.0.1:${port}`),
  ]
  for (const url of urls) for (let i = 0; i < 3; i++) await (await fetch(`${url}/users/${i}`)).text()
  // One that the thread leaves open.
  await assert.rejects(fetch(`${urls[1]}/terminate`))
  await server.printed(/^gone$/m)
  await server.stop()
  await sink.settled()
  const series = seriesOf(sink.metrics, 'http.server.')
  assert.deepEqual(
    series.map(([name, attributes, value]) => [name, /http\.route=(\S+)/.exec(String(attributes))?.[1], value]),
    [
      ['http.server.active_requests', undefined, 0],
      ['http.server.request.duration', '/users/:id', 6],
    ],
  )
})

test('a thread of a thread is counted as well', async (t) => {
  const sink = await startSink(t)
  await run('threads/nested-meter.cjs', { env: sink.env })
  await sink.settled()
  assert.deepEqual(seriesOf(sink.metrics), [
    ['shop.level', '', 0],
    ['shop.level', 'thread.id=1', 1],
    ['shop.level', 'thread.id=2', 2],
    ['shop.orders', '', 3],
  ])
})

test('each process of a cluster is an instance of its own', async (t) => {
  const sink = await startSink(t)
  await run('threads/cluster-meter.cjs', { env: sink.env })
  await sink.settled()
  const orders = sink.metrics.filter(({ name }) => name === 'shop.orders')
  assert.deepEqual(
    orders.map(({ points }) => points[0]?.value),
    [1, 1],
  )
  assert.equal(new Set(orders.map(({ resource }) => resource['service.instance.id'])).size, 2)
})
