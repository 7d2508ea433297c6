import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GrpcSink } from '../harness/grpc-sink.js'
import { decodeMetrics } from '../harness/otlp-metrics.js'
import { run, start } from '../harness/program.js'
import { type Sink, startSink } from '../harness/sink.js'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Attributes and number of each point, in the order of the text. */
function pointsOf(sink: Sink, name: string): string[] {
  const points = sink.metric(name)?.points ?? []
  return points
    .map(({ attributes, count, value }) => {
      const told = Object.entries(attributes)
        .filter(([key]) => key !== 'server.port')
        .map(([, value]) => value)
      return `${told.join(' ')}: ${count ?? value}`
    })
    .sort()
}

test('requests of fastify have their routes in metrics, sampled or not', async (t) => {
  for (const sampler of ['always_on', 'always_off']) {
    const sink = await startSink(t)
    await run('fastify/unsampled.cjs', { env: { ...sink.env, OTEL_TRACES_SAMPLER: sampler } })
    await sink.settled()
    const points = sink.metric('http.server.request.duration')?.points ?? []
    const routes = points.map(({ attributes, count }) => [attributes['http.route'], count])
    assert.deepEqual(
      routes,
      [
        ['/users/:id', 2],
        [undefined, 1],
      ],
      sampler,
    )
  }
})

for (const sampler of ['always_on', 'always_off']) {
  test(`a route that the program or another package tells is in metrics, ${sampler}`, async (t) => {
    const sink = await startSink(t)
    await run('http/own-attributes.mjs', { env: { ...sink.env, OTEL_TRACES_SAMPLER: sampler } })
    await sink.settled()
    const points = sink.metric('http.server.request.duration')?.points ?? []
    const routes: Record<string, number> = {}
    for (const { attributes, count } of points) {
      const route = String(attributes['http.route'])
      routes[route] = (routes[route] ?? 0) + Number(count)
    }
    assert.deepEqual(routes, { undefined: 7, '/mine': 2, '/told/:id': 1 })
  })

  test(`requests served and sent are measured, ${sampler}`, async (t) => {
    const sink = await startSink(t)
    await run('metrics/http.mjs', { env: { ...sink.env, OTEL_TRACES_SAMPLER: sampler } })
    const spans = await sink.settled()
    assert.deepEqual(pointsOf(sink, 'http.server.request.duration'), [
      'GET http 200 1.1: 3',
      'GET http 404 1.1: 1',
      'GET http 500 500 1.1: 1',
      'GET http 503 503 1.1: 1',
      'GET http server_disconnected 1.1: 2',
      'POST http 200 1.1: 1',
    ])
    assert.deepEqual(pointsOf(sink, 'http.server.active_requests'), ['GET http: 0', 'POST http: 0'])
    const sent = sink.metrics.filter(({ name }) => name === 'http.client.request.duration')
    assert.deepEqual(sent.map(({ scope }) => scope.name).sort(), ['autospan/http', 'autospan/undici'])
    const points = sent.flatMap(({ points }) =>
      points.map(({ attributes, count }) => {
        const { 'http.response.status_code': status, 'error.type': type, 'http.request.method': method } = attributes
        return `${method} ${attributes['server.address']} ${status ?? '-'} ${type ?? '-'}: ${count}`
      }),
    )
    assert.deepEqual(points.sort(), [
      'GET 127.0.0.1 - ECONNREFUSED: 1',
      'GET 127.0.0.1 - ECONNRESET: 1',
      'GET 127.0.0.1 - UND_ERR_SOCKET: 1',
      'GET 127.0.0.1 200 -: 1',
      'GET 127.0.0.1 200 -: 2',
      'GET 127.0.0.1 404 404: 1',
      'GET 127.0.0.1 500 500: 1',
      'GET 127.0.0.1 503 503: 1',
      'POST 127.0.0.1 200 -: 1',
    ])
    const duration = sink.metric('http.server.request.duration')
    assert.deepEqual([duration?.unit, duration?.points[0]?.explicitBounds], ['s', SECONDS])
    const exemplars = duration?.points.flatMap(({ exemplars }) => exemplars) ?? []
    const servers = new Set(spans.filter(({ kind }) => kind === 2).map(({ spanId }) => spanId))
    assert.equal(exemplars.length > 0, sampler === 'always_on')
    for (const { spanId } of exemplars) assert.ok(servers.has(spanId))
  })
}

test('routes are told, and paths without a route are one series', async (t) => {
  const sink = await startSink(t)
  const server = await start(t, 'cost/express.cjs', { env: sink.env })
  for (const path of ['/users/1', '/users/2', '/no/such/path', '/nor/this'])
    await (await fetch(server.url + path)).text()
  await server.stop()
  await sink.settled()
  const points = sink.metric('http.server.request.duration')?.points ?? []
  assert.deepEqual(
    points.map(({ attributes, count }) => [attributes['http.route'], attributes['http.response.status_code'], count]),
    [
      ['/users/:id', 200, 2],
      [undefined, 404, 2],
    ],
  )
})

for (const protocol of ['http/protobuf', 'grpc'] as const) {
  test(`what the agent sends itself is not measured, ${protocol}`, async (t) => {
    const sink = await startSink(t)
    const grpc = await GrpcSink.start(t)
    const url = protocol === 'grpc' ? `http://127.0.0.1:${grpc.port}` : sink.url
    const server = await start(t, 'express/server.mjs', {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        // What is sent by gRPC is told by what is printed.
        OTEL_METRICS_EXPORTER: 'otlp,otlp/stdout',
        OTEL_METRIC_EXPORT_INTERVAL: '50',
        OTEL_BSP_SCHEDULE_DELAY: '0',
      },
    })
    await (await fetch(server.url)).text()
    await server.printed(/(^\{.*http\.server\.request\.duration.*\n){3}/m)
    const { stdout } = await server.stop()
    const collections = stdout.split('\n').filter((line) => line.startsWith('{'))
    for (const line of collections) {
      const http = decodeMetrics(Buffer.from(line), 'application/json').filter(({ name }) => name.startsWith('http.'))
      for (const { name, points } of http) {
        assert.match(name, /^http\.server\./)
        assert.deepEqual(
          points.map(({ count, value }) => count ?? value),
          [name === 'http.server.active_requests' ? 0 : 1],
        )
      }
    }
    assert.ok((protocol === 'grpc' ? grpc.metrics : sink.metrics).length > 0)
  })
}

test('a request that is open when the program ends is active, and has no duration', async (t) => {
  const sink = await startSink(t)
  const { env } = sink
  const server = await start(t, 'metrics/open.cjs', { env })
  await (await fetch(`${server.url}/done`)).text()
  await assert.rejects(fetch(`${server.url}/open`))
  await server.exited
  await sink.settled()
  assert.deepEqual(pointsOf(sink, 'http.server.active_requests'), ['GET http: 1'])
  assert.deepEqual(pointsOf(sink, 'http.server.request.duration'), ['GET http 200 1.1: 1'])
})
