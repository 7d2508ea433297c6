import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertLikeBare, said } from '../exit/bare.js'
import { temporaryFolder } from '../harness/folder.js'
import { decodeMetrics } from '../harness/otlp-metrics.js'
import { launch, root, run, start } from '../harness/program.js'
import { type Sink, startSink } from '../harness/sink.js'

const APP = 'metrics/shop.mjs'
const END = { DOOR: 'the empty event loop' }

/** Name and values of the program's own metrics, as the collector has them. */
function shopMetrics(sink: Pick<Sink, 'metrics'>) {
  return sink.metrics
    .filter(({ scope }) => scope.name === 'shop')
    .map(({ name, points }) => [name, points.map(({ value, count }) => value ?? count)])
}

const ALL = [
  ['shop.orders', [2, 1]],
  ['shop.order.weight', [2]],
  ['shop.stock', [7]],
]

for (const protocol of ['http/protobuf', 'http/json']) {
  test(`what is measured below an ill-formed identity arrives, and leads to no trace, by ${protocol}`, async (t) => {
    const sink = await startSink(t)
    const { stderr } = await run('metrics/ids.cjs', { env: { ...sink.env, OTEL_EXPORTER_OTLP_PROTOCOL: protocol } })
    assert.doesNotMatch(stderr, /internal error|lost/)
    await sink.settled()
    const [point] = sink.metric('shop.message.size')?.points ?? []
    assert.equal(point?.count, 4)
    assert.deepEqual(point?.exemplars, [])
  })

  test(`metrics of a program go where its spans go, by ${protocol}`, async (t) => {
    const sink = await startSink(t)
    await run(APP, {
      env: {
        ...END,
        ...sink.env,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_SERVICE_NAME: 's',
      },
    })
    const [span] = await sink.settled()
    assert.deepEqual(shopMetrics(sink), ALL)
    const orders = sink.metric('shop.orders')
    assert.deepEqual(
      [orders?.unit, orders?.description, orders?.data, orders?.temporality, orders?.isMonotonic, orders?.isInt],
      ['{order}', 'Orders taken', 'sum', 'cumulative', true, true],
    )
    assert.equal(orders?.resource['service.name'], 's')
    assert.equal(orders?.resource['service.instance.id'], span?.resource['service.instance.id'])
    assert.equal(orders?.scope.version, '2.0')
    const [weights] = sink.metric('shop.order.weight')?.points ?? []
    assert.deepEqual(weights?.bucketCounts, [1, 1, 0])
    assert.deepEqual(
      weights?.exemplars.map(({ value, traceId, spanId }) => [value, traceId, spanId]),
      [
        [50, span?.traceId, span?.spanId],
        [700, span?.traceId, span?.spanId],
      ],
    )
  })
}

for (const door of ['process.exit()', 'an error that is thrown', 'a rejected promise', 'a signal to itself']) {
  test(`by ${door} the program ends as without the agent, and its metrics are delivered`, async (t) => {
    const sink = await startSink(t)
    await assertLikeBare(APP, { DOOR: door, ...sink.env })
    await sink.settled()
    assert.deepEqual(shopMetrics(sink), ALL)
  })
}

for (const temporality of ['cumulative', 'delta']) {
  test(`once the wall clock was set back, metrics have the times that it tells, by ${temporality} temporality`, async (t) => {
    const sink = await startSink(t)
    await run('metrics/set-back.cjs', {
      nodeFlags: ['--require', join(root, 'test/apps/metrics/wall-clock.cjs')],
      env: {
        ...sink.env,
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
      },
    })
    await sink.settled()
    for (const name of ['shop.orders', 'shop.rows']) {
      const [before, ...after] = sink.metrics
        .filter((metric) => metric.name === name)
        .map(({ points: [point] }) => point?.timeUnixNano ?? 0n)
      assert.ok(after.length >= 4)
      const hours = after.map((time) => Math.round(Number(time - before!) / 3600e9))
      assert.deepEqual(new Set(hours), new Set([-2]))
      assert.equal(new Set(after).size, after.length)
    }
  })
}

const OBSERVED = 'metrics/observed.cjs'

for (const door of [
  END.DOOR,
  'process.exit() once the event loop was empty',
  'process.exit()',
  'an error that is thrown',
]) {
  test(`by ${door} what callbacks observe is asked for once more, and delivered once`, async (t) => {
    const sink = await startSink(t)
    await assertLikeBare(OBSERVED, { DOOR: door, ...sink.env })
    await sink.settled()
    assert.deepEqual(shopMetrics(sink), [
      ['shop.rows', [5]],
      ['shop.level', [5]],
    ])
    assert.equal(sink.metricRequests.length, 1)
  })
}

test('what was observed since the last interval is delivered when the program ends', async (t) => {
  const sink = await startSink(t)
  await run(OBSERVED, { env: { ...END, ...sink.env, OTEL_METRIC_EXPORT_INTERVAL: '20' } })
  await sink.settled()
  assert.deepEqual(shopMetrics(sink).slice(-2), [
    ['shop.rows', [5]],
    ['shop.level', [5]],
  ])
})

for (const [what, env] of [
  ['observe nothing', { SILENT: 'true' }],
  ['were removed', { REMOVED: 'true' }],
] as const) {
  test(`callbacks that ${what} have nothing sent at the end`, async (t) => {
    const sink = await startSink(t)
    const { code } = await run(OBSERVED, { env: { ...END, ...env, ...sink.env } })
    await sink.settled()
    assert.deepEqual([code, sink.metricRequests.length], [0, 0])
  })
}

for (const exporter of ['console', 'otlp/stdout']) {
  test(`by exporter ${exporter} what callbacks observe is told once at the end`, async () => {
    const env = { ...END, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: exporter, OTEL_LOG_LEVEL: 'none' }
    const { stdout, stderr } = await run(OBSERVED, { env })
    assert.equal(`${stdout}${stderr}`.match(/shop\.rows/g)?.length, 1)
  })
}

for (const [beside, env] of [
  ['', {}],
  [', beside one that never ends', { ENDLESS: 'true' }],
] as const) {
  test(`a callback that takes its time is waited for at the end${beside}`, async (t) => {
    const sink = await startSink(t)
    const { code, stderr } = await run('metrics/slow.cjs', { env: { ...env, ...sink.env, OTEL_LOG_LEVEL: 'warn' } })
    await sink.settled()
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(shopMetrics(sink), [
      ['shop.jobs', [1]],
      ['shop.level', [5]],
    ])
  })
}

for (const exporter of ['console', 'otlp/stdout']) {
  test(`by exporter ${exporter} a callback that takes its time is waited for at the end`, async () => {
    const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: exporter, OTEL_LOG_LEVEL: 'none' }
    const { stdout, stderr } = await run('metrics/slow.cjs', { env })
    assert.equal(`${stdout}${stderr}`.match(/shop\.level/g)?.length, 1)
  })
}

test('a signal that ends the program delivers its metrics, without spans too', async (t) => {
  const sink = await startSink(t)
  const env = {
    ...sink.env,
    OTEL_TRACES_SAMPLER: 'always_off',
  }
  const program = launch(t, APP, { env })
  await program.printed(/at the door/)
  program.signal('SIGTERM')
  const { code, signal } = await program.exited
  assert.deepEqual([code, signal], [null, 'SIGTERM'])
  await sink.settled()
  assert.deepEqual(shopMetrics(sink), ALL)
  assert.deepEqual(sink.metric('shop.orders')?.points[0]?.exemplars, [])
})

test('metrics are exported at intervals, and once in each', async (t) => {
  const sink = await startSink(t)
  launch(t, APP, { env: { ...sink.env, OTEL_METRIC_EXPORT_INTERVAL: '50' } })
  await sink.until(() => sink.metrics.filter(({ name }) => name === 'shop.orders').length >= 3, 'three exports')
  const [first, second] = sink.metrics.filter(({ name }) => name === 'shop.orders')
  assert.equal(first?.points[0]?.startTimeUnixNano, second?.points[0]?.startTimeUnixNano)
})

test('limits of attributes do not count for metrics', async (t) => {
  const sink = await startSink(t)
  const env = { OTEL_ATTRIBUTE_COUNT_LIMIT: '0', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1' }
  await run(APP, { env: { ...END, ...env, ...sink.env } })
  await sink.settled()
  const kinds = sink.metric('shop.orders')?.points.map(({ attributes }) => attributes.kind)
  assert.deepEqual(kinds, ['tea', 'cake'])
})

test('delta preference', async (t) => {
  const sink = await startSink(t)
  const env = {
    ...END,
    ...sink.env,
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'Delta',
    OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'base2_exponential_bucket_histogram',
    OTEL_METRICS_EXEMPLAR_FILTER: 'always_off',
  }
  await run(APP, { env })
  await sink.settled()
  assert.equal(sink.metric('shop.orders')?.temporality, 'delta')
  assert.equal(sink.metric('shop.order.weight')?.data, 'exponentialHistogram')
  assert.deepEqual(sink.metric('shop.order.weight')?.points[0]?.exemplars, [])
})

test('metrics may go elsewhere, in another way', async (t) => {
  const [sink, other] = [await startSink(t), await startSink(t)]
  const env = {
    ...END,
    ...sink.env,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${other.url}/v1/metrics`,
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x-team=tea',
    OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'gzip',
  }
  await run(APP, { env })
  await other.settled()
  assert.deepEqual([sink.requests.length, sink.metricRequests.length], [1, 0])
  const [request] = other.metricRequests
  assert.equal(request?.headers['content-type'], 'application/json')
  assert.equal(request?.headers['content-encoding'], 'gzip')
  assert.equal(request?.headers['x-team'], 'tea')
})

for (const door of ['the empty event loop', 'process.exit()', 'an error that is thrown']) {
  test(`otlp/file has the metrics of a program that ends by ${door}, and otlp/stdout`, async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'deep/metrics.jsonl')
    const { stdout, stderr } = await run(APP, {
      env: {
        DOOR: door,
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_METRICS_EXPORTER: 'otlp/file,otlp/stdout',
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
        AUTOSPAN_METRICS_FILE: file,
      },
    })
    assert.ok(stderr.includes(`metrics go to ${file} and otlp/stdout;`))
    const printed = stdout.split('\n').filter((line) => line.startsWith('{'))
    for (const lines of [readFileSync(file, 'utf8').trimEnd().split('\n'), printed]) {
      const metrics = lines.flatMap((line) => decodeMetrics(Buffer.from(line), 'application/json'))
      assert.deepEqual(shopMetrics({ metrics }), ALL)
      assert.equal(metrics.find(({ name }) => name === 'shop.orders')?.temporality, 'delta')
    }
  })
}

test('otlp/stdout has a line for each interval', async (t) => {
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'otlp/stdout', OTEL_METRIC_EXPORT_INTERVAL: '50' }
  const program = launch(t, APP, { env })
  const lines = await program.printed(/^(\{.*"shop\.orders".*)\n(\{.*"shop\.orders".*)\n/m)
  for (const line of lines.slice(1)) {
    const metrics = decodeMetrics(Buffer.from(line), 'application/json')
    assert.deepEqual(shopMetrics({ metrics }), ALL)
  }
})

test('OTEL_NODE_EXPERIMENTAL_SDK_METRICS=true: what the agent counts of itself is metrics too', async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, OTEL_METRIC_EXPORT_INTERVAL: '50', OTEL_BSP_SCHEDULE_DELAY: '0' }
  const own = () => sink.metrics.filter(({ name }) => name.startsWith('otel.sdk.'))
  const counted = (name: string, key: string, value: string | undefined) => {
    const points = own().findLast((metric) => metric.name === name)?.points
    return points?.find(({ attributes }) => attributes[key] === value)?.value
  }
  const program = launch(t, APP, { env })
  await sink.until(() => sink.metrics.filter(({ name }) => name === 'shop.orders').length >= 3, 'three exports')
  assert.deepEqual(own(), [])
  await program.kill()

  launch(t, APP, { env: { ...env, OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'true' } })
  const exporter = 'otlp_http_span_exporter'
  const exported = () => counted('otel.sdk.exporter.span.exported', 'otel.component.type', exporter)
  await sink.until(() => exported() === 1, 'word of the export of the span')
  assert.equal(counted('otel.sdk.span.started', 'otel.span.sampling_result', 'RECORD_AND_SAMPLE'), 1)
  assert.equal(counted('otel.sdk.span.live', 'otel.span.sampling_result', 'RECORD_AND_SAMPLE'), 0)
  assert.equal(counted('otel.sdk.log.created', 'otel.component.type', undefined), 0)
  const lasted = (name: string) => {
    const points = own().findLast((metric) => metric.name === `otel.sdk.${name}.duration`)?.points ?? []
    return points.map(({ attributes, count }) => [attributes['otel.component.name'], Number(count) > 0])
  }
  await sink.until(() => lasted('exporter.operation').length === 2, 'word of both exporters')
  assert.deepEqual(lasted('exporter.operation').sort(), [
    ['otlp_http_metric_exporter/0', true],
    ['otlp_http_span_exporter/0', true],
  ])
  assert.deepEqual(lasted('metric_reader.collection'), [['periodic_metric_reader/0', true]])
  const kindOf = (isMonotonic: boolean | undefined) =>
    isMonotonic === undefined ? 'histogram' : isMonotonic ? 'counter' : 'up-down'
  const kinds = own().map(({ name, unit, isMonotonic }) => `${name} ${unit} ${kindOf(isMonotonic)}`)
  assert.deepEqual([...new Set(kinds)].sort(), [
    'otel.sdk.exporter.log.exported {log_record} counter',
    'otel.sdk.exporter.log.inflight {log_record} up-down',
    'otel.sdk.exporter.metric_data_point.exported {data_point} counter',
    'otel.sdk.exporter.metric_data_point.inflight {data_point} up-down',
    'otel.sdk.exporter.operation.duration s histogram',
    'otel.sdk.exporter.span.exported {span} counter',
    'otel.sdk.exporter.span.inflight {span} up-down',
    'otel.sdk.log.created {log_record} counter',
    'otel.sdk.metric_reader.collection.duration s histogram',
    'otel.sdk.processor.log.processed {log_record} counter',
    'otel.sdk.processor.log.queue.size {log_record} up-down',
    'otel.sdk.processor.span.processed {span} counter',
    'otel.sdk.processor.span.queue.size {span} up-down',
    'otel.sdk.span.live {span} up-down',
    'otel.sdk.span.started {span} counter',
  ])
})

test('exporter none measures nothing', async (t) => {
  const sink = await startSink(t)
  await run(APP, { env: { ...END, ...sink.env, OTEL_METRICS_EXPORTER: 'none' } })
  assert.equal((await sink.settled()).length, 1)
  assert.equal(sink.metricRequests.length, 0)
})

test('what the collector refuses is said, and is no fault of the spans', async (t) => {
  const sink = await startSink(t, { respondToMetrics: () => ({ status: 400 }) })
  const outcome = await run(APP, { env: { ...END, ...sink.env } })
  assert.equal((await sink.settled()).length, 1)
  const [, refusal, ...rest] = said(outcome)
  assert.match(refusal ?? '', /\/v1\/metrics refused 4 metric data points, they are lost: /)
  assert.deepEqual(rest, [])
})

test('metrics wait while the collector asks for patience', async (t) => {
  const sink = await startSink(t, { respondToMetrics: (index) => (index === 0 ? { status: 503 } : undefined) })
  await run(APP, { env: { ...END, ...sink.env } })
  await sink.settled()
  assert.deepEqual(shopMetrics(sink), ALL)
  assert.deepEqual(sink.metricRequests[0]?.body, sink.metricRequests[1]?.body)
})

test('the console exporter prints a table on stderr', async () => {
  const { stdout, stderr } = await run(APP, {
    env: {
      ...END,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'console',
      OTEL_SERVICE_NAME: 's',
      OTEL_LOG_LEVEL: 'none',
    },
  })
  assert.equal(stdout, 'at the door\n')
  const trace = /trace [0-9a-f]{32}/
  assert.match(stderr, trace)
  assert.equal(
    stderr.replaceAll(/trace [0-9a-f]{32}/g, 'trace <id>'),
    [
      'metrics of s',
      'shop.order.weight  2 × 375 g, 50 g to 700 g  trace <id>',
      'shop.orders',
      '  1  kind=cake',
      '  2  kind=tea  trace <id>',
      'shop.stock         7  shelf=tea',
      '',
    ].join('\n'),
  )
})

test('what is given for metrics and cannot be used is said once each', async () => {
  const outcome = await run(APP, {
    env: {
      ...END,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none,statsd',
      OTEL_METRIC_EXPORT_INTERVAL: '0',
      OTEL_METRICS_EXEMPLAR_FILTER: 'traces',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
    },
  })
  const lines = said(outcome)
  for (const name of [
    'OTEL_METRICS_EXPORTER',
    'OTEL_METRIC_EXPORT_INTERVAL',
    'OTEL_METRICS_EXEMPLAR_FILTER',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  ])
    assert.equal(lines.filter((line) => line.startsWith(`autospan: ${name}=`)).length, 1, name)
})

test('a backend that takes traces only is said once, and how to leave the metrics out', async (t) => {
  const sink = await startSink(t, { respondToMetrics: () => ({ status: 404 }) })
  const env = {
    ...sink.env,
    OTEL_METRIC_EXPORT_INTERVAL: '20',
    OTEL_INSTRUMENTATION_RUNTIME_NODE_ENABLED: 'false',
    OTEL_LOG_LEVEL: 'warn',
  }
  const server = await start(t, 'express/server.mjs', { env })
  for (let exports = 1; exports <= 3; exports++) {
    await (await fetch(server.url)).arrayBuffer()
    await sink.until(() => sink.metricRequests.length >= exports, `${exports} exports of metrics`)
  }
  const { stderr } = await server.stop()
  assert.equal(
    stderr,
    `autospan: ${sink.url}/v1/metrics takes no metric data points, they are lost (OTEL_METRICS_EXPORTER=none leaves them out): status 404 Not Found\n`,
  )
  assert.equal((await sink.settled()).length, 3)
})
