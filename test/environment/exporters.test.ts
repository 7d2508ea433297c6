import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run, SLACK_MILLIS, start } from '../harness/program.js'
import { ForwardProxy } from '../harness/proxy.js'
import { startSink } from '../harness/sink.js'

for (const protocol of ['http/protobuf', 'http/json']) {
  for (const compression of ['none', 'gzip']) {
    test(`${protocol} with compression ${compression} delivers, and says what it is`, async (t) => {
      const sink = await startSink(t)
      await run('boot/own-spans.mjs', {
        env: {
          ...sink.env,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_EXPORTER_OTLP_COMPRESSION: compression,
          OTEL_SERVICE_NAME: 'shop',
          OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.namespace=a%2Cb',
        },
      })
      const spans = await sink.spans(3)
      assert.equal(spans[0]?.resource['service.name'], 'shop')
      assert.equal(spans[0]?.resource['service.namespace'], 'a,b')
      assert.equal(spans[0]?.resource['deployment.environment.name'], 'test')
      assert.equal(spans[0]?.resource['telemetry.sdk.language'], 'nodejs')
      const [request] = sink.requests
      assert.match(String(request?.headers['user-agent']), /^autospan\/\d/)
      assert.equal(request?.headers['content-encoding'], compression === 'gzip' ? 'gzip' : undefined)
      assert.equal(
        request?.headers['content-type'],
        protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
      )
    })
  }
}

test('a proxy of the environment is used, and said', async (t) => {
  const sink = await startSink(t)
  const proxy = await ForwardProxy.start(t, { port: sink.port })
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.test:4318', http_proxy: proxy.url }
  const { stderr } = await run('boot/traced.mjs', { env })
  assert.equal((await sink.spans(2)).length, 2)
  assert.ok(stderr.includes(`http://collector.test:4318/v1/traces through the proxy ${proxy.url};`), stderr)
  const paths = ['traces', 'metrics'].map((signal) => `POST http://collector.test:4318/v1/${signal}`)
  assert.deepEqual(new Set(proxy.asked), new Set(paths))
})

test('the console exporter draws a tree on stderr and leaves stdout to the program', async () => {
  const { stdout, stderr } = await run('boot/own-spans.mjs', {
    env: { OTEL_TRACES_EXPORTER: 'console', OTEL_SERVICE_NAME: 'shop', OTEL_LOG_LEVEL: 'none' },
  })
  assert.equal(stdout, '')
  assert.match(stderr, /checkout +shop +ok/)
  assert.match(stderr, /└─ GET 127\.0\.0\.1:\d+\/ +shop +client +200/)
  assert.ok(!stderr.includes('\u001b['))
})

test('a terminal that says it has no columns gets lines as a file does', async () => {
  const { stderr } = await run('boot/own-spans.mjs', {
    env: {
      OTEL_TRACES_EXPORTER: 'console',
      NODE_OPTIONS: '--import=data:text/javascript,process.stderr.columns=0',
    },
  })
  assert.match(stderr, /└─ GET 127\.0\.0\.1:\d+\/ .* 200 .* ms .*[▐█▌]/)
})

for (const signal of ['TRACES', 'LOGS', 'METRICS']) {
  test(`a program goes on when nobody reads any more what the console exporter writes: ${signal.toLowerCase()}`, async (t) => {
    const env = {
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_METRIC_EXPORT_INTERVAL: '1',
      AUTOSPAN_LOG_SOURCES: 'pino',
      [`OTEL_${signal}_EXPORTER`]: 'console',
    }
    const server = await start(t, 'logs/pino.cjs', { env })
    server.closeStderr()
    for (let i = 0; i < 3; i++) assert.equal((await fetch(server.url)).status, 200)
    assert.equal((await server.stop()).code, 0)
  })
}

test('a list of exporters serves each of them', async (t) => {
  const sink = await startSink(t)
  const { stderr } = await run('boot/traced.mjs', {
    env: { OTEL_TRACES_EXPORTER: 'otlp,console', ...sink.env },
  })
  assert.equal((await sink.spans(2)).length, 2)
  assert.match(stderr, /client +200/)
})

test('exporter none sends nothing, and context still travels', async (t) => {
  const sink = await startSink(t)
  const { stdout } = await run('http/calls.mjs', {
    env: { WAY: 'fetch', OTEL_TRACES_EXPORTER: 'none', ...sink.env },
  })
  assert.match(stdout, /00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]/)
  assert.equal(sink.requests.length, 0)
})

for (const [endpoint, path] of [
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '<url>' }, '/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '<url>/otlp' }, '/otlp/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '<url>/otlp/' }, '/otlp/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '<url>' }, '/'],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '<url>/own/' }, '/own/'],
] as const) {
  test(`${JSON.stringify(endpoint)} posts to ${path}`, async (t) => {
    const sink = await startSink(t, { path })
    const env = Object.fromEntries(
      Object.entries(endpoint).map(([name, value]) => [name, value.replace('<url>', sink.url)]),
    )
    await run('boot/traced.mjs', { env })
    assert.equal((await sink.spans(2)).length, 2)
  })
}

test('headers go with each request, raw or percent-encoded', async (t) => {
  const sink = await startSink(t)
  await run('boot/traced.mjs', {
    env: {
      ...sink.env,
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic abc==,x=a%20b',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x=traces',
    },
  })
  await sink.spans(2)
  assert.equal(sink.requests[0]?.headers.authorization, 'Basic abc==')
  assert.equal(sink.requests[0]?.headers.x, 'traces')
})

for (const [name, endpoint] of [
  ['refuses', 'http://127.0.0.1:1'],
  ['has no name', 'http://nowhere.invalid:4318'],
] as const) {
  test(`a collector that ${name} costs the program nothing but one line`, async () => {
    const bare = await run('boot/traced.mjs', { agent: false })
    const traced = await run('boot/traced.mjs', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } })
    assert.equal(traced.code, 0)
    const lines = traced.stderr.trimEnd().split('\n')
    assert.equal(lines.length, 2, traced.stderr)
    assert.ok(lines[1]?.includes(endpoint) && /2 spans/.test(lines[1]), lines[1])
    assert.ok(traced.millis - bare.millis < 1200 + SLACK_MILLIS, `${traced.millis} ms against ${bare.millis} ms`)
  })
}

test('a collector that accepts and never answers delays the end by about a second at most', async (t) => {
  const sink = await startSink(t, { respond: () => new Promise<undefined>(() => {}) })
  const { stderr, code, millis } = await run('boot/traced.mjs', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url } })
  assert.equal(code, 0)
  assert.equal(stderr.trimEnd().split('\n').length, 2, stderr)
  assert.ok(millis < 2000 + SLACK_MILLIS, `${millis} ms`)
})

test("the agent's own requests make no spans", async (t) => {
  const sink = await startSink(t)
  await run('boot/traced.mjs', { env: { ...sink.env, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' } })
  const spans = await sink.settled()
  assert.equal(spans.length, 2)
  assert.ok(sink.requests.length >= 2)
})
