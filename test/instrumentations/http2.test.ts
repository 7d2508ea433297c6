import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import { GrpcSink } from '../harness/grpc-sink.js'
import { run, told, traceOf } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const LINE = Number(process.versions.node.split('.')[0])
/** Headers as a list came with Node.js 24. */
const HAS_LISTS = LINE >= 24
/** Where the server can: since undici 8. */
const FETCHES_BY_HTTP2 = LINE >= 26

const WAYS: readonly (readonly [serve: string, send: string, connect?: string])[] = [
  ['stream', 'object'],
  ['session', 'object'],
  ['request', 'object'],
  ['late', 'object'],
  ['stream', 'copied'],
  ['stream', 'sensitive'],
  ['stream', 'bare'],
  ['stream', 'frozen'],
  ['stream', 'object', 'promise'],
  ...(HAS_LISTS ? ([['stream', 'list']] as const) : []),
]

const SENSITIVE: Readonly<Record<string, string>> = { sensitive: 'cookie', list: 'x-own' }

for (const [SERVE, SEND, CONNECT = 'call'] of WAYS) {
  test(`served as ${SERVE} and sent as ${SEND} by a ${CONNECT}, a request over HTTP/2 is one trace`, async (t) => {
    const sink = await startSink(t)
    const outcome = await run('http2/ways.mjs', { env: { ...sink.env, SERVE, SEND, CONNECT } })
    assert.equal(outcome.code, 0, told(outcome))
    assert.equal(
      await sink.traces(2),
      trace`
        GET   CLIENT 200
          GET SERVER 200
      `,
    )
    const client = sink.delivered.find(({ kind }) => kind === 3)
    const served = sink.delivered.find(({ kind }) => kind === 2)
    const [line, ...more] = outcome.stdout.trimEnd().split('\n')
    const { ':authority': authority, traceparent, ...headers } = JSON.parse(line!) as Record<string, string>
    assert.deepEqual(more, [], 'the headers of the program stay as they are')
    assert.equal(traceparent, `00-${client?.traceId}-${client?.spanId}-03`)
    if (SEND === 'sensitive') assert.equal(headers.cookie, 'a=b')
    if (SEND === 'list') assert.equal(headers['x-own'], 'a')
    assert.equal(headers.sensitive, SENSITIVE[SEND] ?? '')
    const [host, port] = authority!.split(':') as [string, string]
    assert.deepEqual(client?.attributes, {
      'http.request.method': 'GET',
      'url.full': `http://${authority}/hello?sig=REDACTED`,
      'http.response.status_code': 200,
      'network.protocol.version': '2',
      'server.address': host,
      'server.port': Number(port),
      'network.peer.address': host,
      'network.peer.port': Number(port),
    })
    assert.deepEqual(served?.attributes, {
      'http.request.method': 'GET',
      'url.path': '/hello',
      'url.query': 'sig=REDACTED',
      'url.scheme': 'http',
      'server.address': host,
      'server.port': Number(port),
      'client.address': host,
      'network.peer.address': host,
      'network.peer.port': served?.attributes['network.peer.port'],
      'network.protocol.version': '2',
      'http.response.status_code': 200,
    })
    assert.equal(served?.scope.name, 'autospan/http2')
  })
}

test('requests over HTTP/2 end as their callers and servers see it, and the program as without the agent', async (t) => {
  const sink = await startSink(t)
  const outcome = await run('http2/endings.mjs', { env: sink.env })
  const bare = await run('http2/endings.mjs', { agent: false })
  assert.equal(outcome.code, 0, told(outcome))
  const linesOf = ({ stdout }: { readonly stdout: string }) => stdout.split('\n').sort()
  assert.deepEqual(linesOf(outcome), linesOf(bare))
  assert.equal(
    drawTraces(await sink.settled(), ['url.path']),
    trace`
      GET    CLIENT 204
        GET  SERVER 204 url.path=/ok

      GET    CLIENT 404 error 404
        GET  SERVER 404 url.path=/missing

      GET    CLIENT 500 error 500
        GET  SERVER 500 error 500 url.path=/broken

      GET    CLIENT 200
        GET  SERVER 200 url.path=/file

      GET    CLIENT error ERR_HTTP2_STREAM_ERROR
        GET  SERVER error ENOENT url.path=/nofile

      GET    CLIENT error ERR_HTTP2_STREAM_ERROR
        GET  SERVER error ECONNRESET url.path=/behind

      GET    CLIENT error ERR_HTTP2_STREAM_ERROR
        GET  SERVER error ERR_HTTP2_STREAM_ERROR url.path=/refused

      GET    CLIENT error ERR_HTTP2_STREAM_ERROR
        GET  SERVER error TypeError url.path=/destroyed

      GET    CLIENT 200 error ERR_HTTP2_STREAM_ERROR
        GET  SERVER 200 error RangeError url.path=/half

      GET    CLIENT error ERR_HTTP2_STREAM_ERROR
        GET  SERVER error ERR_STREAM_PREMATURE_CLOSE url.path=/cut

      GET    CLIENT
        GET  SERVER (no error, but error.type client_disconnected) url.path=/cancelled

      GET    CLIENT 200
        GET  SERVER 200 (no error, but error.type client_disconnected) url.path=/cancelled/piped

      GET    CLIENT 200
        GET  SERVER 200 (no error, but error.type client_disconnected) url.path=/cancelled/streamed

      GET    CLIENT 200
        GET  SERVER 200 (no error, but error.type client_disconnected) url.path=/closed/streamed

      GET    CLIENT error TimeoutError
        GET  SERVER (no error, but error.type client_disconnected) url.path=/slow

      GET    CLIENT 200 error TimeoutError
        GET  SERVER 200 (no error, but error.type client_disconnected) url.path=/slow/streamed

      GET    CLIENT error ERR_HTTP2_STREAM_ERROR
        GET  SERVER (no error, but error.type client_disconnected) url.path=/gone

      GET    CLIENT error ERR_HTTP2_STREAM_ERROR
        GET  SERVER (no error, but error.type server_disconnected) url.path=/lost

      GET    CLIENT 200 error ERR_HTTP2_STREAM_ERROR
        GET  SERVER 200 (no error, but error.type server_disconnected) url.path=/lost/streamed

      POST   CLIENT 201
        POST SERVER 201 url.path=/post

      POST   CLIENT 201
        POST SERVER 201 url.path=/post/empty
    `,
  )
  const unhandled = sink.delivered.flatMap(({ events }) =>
    events.filter(({ name }) => name === 'exception').map(({ attributes }) => attributes['exception.message']),
  )
  assert.deepEqual(unhandled, [
    "ENOENT: no such file or directory, open '/none/such'",
    'of another connection',
    'Stream closed with error code NGHTTP2_REFUSED_STREAM',
    'oops',
    'no more',
    'Premature close',
  ])
})

test('streams of HTTP/2 whose errors nobody hears end their spans, in a program that goes on', async (t) => {
  const sink = await startSink(t)
  const outcome = await run('http2/unheard.mjs', { env: sink.env })
  const bare = await run('http2/unheard.mjs', { agent: false })
  assert.equal(outcome.stdout, bare.stdout, told(outcome))
  assert.equal(
    drawTraces(await sink.settled(), ['url.path', STATUS, 'autospan.incomplete']),
    trace`
      GET                    CLIENT error ERR_HTTP2_STREAM_ERROR
        GET                  SERVER error RangeError url.path=/served

      GET                    CLIENT error ERR_HTTP2_STREAM_ERROR
        GET                  SERVER error RangeError url.path=/served/heard

      shop.Orders/Served     CLIENT error INTERNAL ${STATUS}=INTERNAL
        shop.Orders/Served   SERVER error RangeError

      shop.Orders/Sent       CLIENT error INTERNAL ${STATUS}=INTERNAL
        shop.Orders/Sent     SERVER error ERR_HTTP2_STREAM_ERROR
    `,
  )
})

test('requests that share a session of HTTP/2 keep their contexts, and the program its own', async (t) => {
  const sink = await startSink(t)
  const outcome = await run('http2/contexts.mjs', { env: sink.env })
  const bare = await run('http2/contexts.mjs', { agent: false })
  assert.equal(outcome.stdout, '/a /a /a\n/b /b /b\n', told(outcome))
  assert.equal(outcome.stdout, bare.stdout)
  assert.equal(
    drawTraces(await sink.settled(), ['url.path']),
    trace`
      GET         CLIENT 200
        GET       SERVER 200 url.path=/a
          GET     CLIENT 200
            GET   SERVER 200 url.path=/a/1
          GET     CLIENT 200
            GET   SERVER 200 url.path=/a/2

      GET         CLIENT 200
        GET       SERVER 200 url.path=/b
          GET     CLIENT 200
            GET   SERVER 200 url.path=/b/1
          GET     CLIENT 200
            GET   SERVER 200 url.path=/b/2
    `,
  )
})

test('fastify and koa have their routes over HTTP/2 and HTTP/1, and undici tells of its requests itself', async () => {
  assert.equal(
    await traceOf('http2/frameworks.mjs', {}, { attributes: ['network.protocol.version', 'url.scheme'] }),
    trace`
      GET               CLIENT 200 network.protocol.version=2
        GET /orders/:id SERVER 200 network.protocol.version=2 url.scheme=https

      GET               CLIENT 500 error 500 network.protocol.version=2
        GET /fail       SERVER 500 error RangeError network.protocol.version=2 url.scheme=https

      GET               CLIENT 404 error 404 network.protocol.version=2
        GET             SERVER 404 network.protocol.version=2 url.scheme=https

      GET               CLIENT 200 network.protocol.version=2
        GET /users/:id  SERVER 200 network.protocol.version=2 url.scheme=https

      GET               CLIENT 200 network.protocol.version=1.1
        GET /orders/:id SERVER 200 network.protocol.version=1.1 url.scheme=https

      GET               CLIENT 200 network.protocol.version=1.1
        GET /users/:id  SERVER 200 network.protocol.version=1.1 url.scheme=https

      GET               CLIENT 200
        GET /orders/:id SERVER 200 network.protocol.version=2 url.scheme=https
    `,
  )
})

test('what is captured of answers to fetch, and redirects that it follows, are told over HTTP/2 too', async (t) => {
  const sink = await startSink(t)
  const outcome = await run('http2/fetched.mjs', {
    env: {
      ...sink.env,
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'x-told',
    },
  })
  assert.equal(outcome.stdout, FETCHES_BY_HTTP2 ? '2.0\n2.0\n' : '1.1\n1.1\n', told(outcome))
  const sent = (await sink.settled()).filter(({ kind }) => kind === 3)
  assert.deepEqual(
    sent.map(({ attributes }) => [
      attributes['http.response.status_code'],
      attributes['http.response.header.x-told'],
      attributes['http.request.resend_count'],
    ]),
    [
      [302, ['a'], undefined],
      [200, ['b'], 1],
    ],
  )
})

const STATUS = 'rpc.status_code'

test('calls of gRPC are named by their methods and end with their statuses; each belongs to its caller', async (t) => {
  const sink = await startSink(t)
  const outcome = await run('http2/grpc.cjs', { env: sink.env })
  const bare = await run('http2/grpc.cjs', { agent: false })
  assert.equal(outcome.stdout, bare.stdout.replace(/^0/, '1').replace('0 0 0', '1 1 1'), told(outcome))
  // Whether the server hears first of the deadline or of its client that gives up is a race.
  assert.equal(
    drawTraces(
      (await sink.settled()).filter(({ name, kind }) => !(name === 'shop.Orders/Late' && kind === 2)),
      [STATUS],
    ),
    trace`
      shop.Orders/Get       CLIENT ${STATUS}=OK
        shop.Orders/Get     SERVER ${STATUS}=OK

      shop.Orders/Fail      CLIENT error NOT_FOUND ${STATUS}=NOT_FOUND
        shop.Orders/Fail    SERVER ${STATUS}=NOT_FOUND

      shop.Orders/Crash     CLIENT error UNKNOWN ${STATUS}=UNKNOWN
        shop.Orders/Crash   SERVER error UNKNOWN ${STATUS}=UNKNOWN

      shop.Orders/Missing   CLIENT error UNIMPLEMENTED ${STATUS}=UNIMPLEMENTED
        shop.Orders/Missing SERVER error UNIMPLEMENTED ${STATUS}=UNIMPLEMENTED

      shop.Orders/Late      CLIENT error DEADLINE_EXCEEDED ${STATUS}=DEADLINE_EXCEEDED

      shop.Orders/Wait      CLIENT error CANCELLED ${STATUS}=CANCELLED
        shop.Orders/Wait    SERVER ${STATUS}=CANCELLED

      shop.Orders/List      CLIENT ${STATUS}=OK
        shop.Orders/List    SERVER ${STATUS}=OK

      GET                   CLIENT 200
        GET                 SERVER 200
          shop.Orders/Get   CLIENT ${STATUS}=OK
            shop.Orders/Get SERVER ${STATUS}=OK

      GET                   CLIENT 200
        GET                 SERVER 200
          shop.Orders/Get   CLIENT ${STATUS}=OK
            shop.Orders/Get SERVER ${STATUS}=OK

      GET                   CLIENT 200
        GET                 SERVER 200
          shop.Orders/Get   CLIENT ${STATUS}=OK
            shop.Orders/Get SERVER ${STATUS}=OK

      GET                   CLIENT 200
        GET                 SERVER 200
          shop.Orders/Get   CLIENT error UNAVAILABLE ${STATUS}=UNAVAILABLE

      GET                   CLIENT 200
        GET                 SERVER 200
          shop.Orders/Get   CLIENT error UNAVAILABLE ${STATUS}=UNAVAILABLE
    `,
  )
  const failed = sink.delivered.find(({ name, kind }) => name === 'shop.Orders/Fail' && kind === 3)
  assert.equal(failed?.status.message, 'no such ü')
  assert.deepEqual(failed?.attributes, {
    'rpc.system.name': 'grpc',
    'rpc.method': 'shop.Orders/Fail',
    'server.address': 'localhost',
    'server.port': failed?.attributes['server.port'],
    'network.peer.address': '127.0.0.1',
    'network.peer.port': failed?.attributes['server.port'],
    [STATUS]: 'NOT_FOUND',
    'error.type': 'NOT_FOUND',
  })
})

test('calls of gRPC that are broken off or answered by HTTP alone end on their spans as their callers are told', async (t) => {
  const sink = await startSink(t)
  const outcome = await run('http2/grpc-endings.mjs', { env: sink.env })
  const bare = await run('http2/grpc-endings.mjs', { agent: false })
  assert.equal(outcome.stdout, bare.stdout, told(outcome))
  const calls = (await sink.settled()).filter(({ kind }) => kind === 3)
  const ends = calls.map(({ attributes }) => `${attributes['rpc.method']} ${attributes[STATUS]}`)
  assert.deepEqual(ends.join('\n').replaceAll('shop.Orders/', ''), outcome.stdout.trimEnd())
  const answered = sink.delivered.filter(({ name, kind }) => kind === 2 && /None|Busy/.test(name))
  assert.deepEqual(
    answered.map(({ attributes }) => attributes[STATUS]),
    ['UNIMPLEMENTED', 'UNAVAILABLE', 'UNAVAILABLE'],
  )
  const peers = calls.filter(({ attributes }) => attributes['network.peer.address'] === undefined)
  assert.deepEqual(
    peers.map(({ name }) => name),
    ['shop.Orders/Lost', 'shop.Orders/Flooded', 'shop.Orders/Stopped'],
  )
})

test('calls of gRPC that begin where others end keep nothing of those in memory', async () => {
  const outcome = await run('http2/chain.cjs', {
    env: { OTEL_TRACES_SAMPLER: 'always_off', OTEL_METRICS_EXPORTER: 'none' },
  })
  assert.equal(outcome.stdout, 'a few\n', told(outcome))
})

for (const sampler of ['always_on', 'always_off']) {
  test(`requests over HTTP/2 and calls of gRPC are measured, ${sampler}`, async (t) => {
    const sink = await startSink(t)
    const env = { ...sink.env, OTEL_TRACES_SAMPLER: sampler }
    await run('http2/endings.mjs', { env })
    await run('http2/grpc.cjs', { env })
    const spans = await sink.settled()
    assert.equal(spans.length > 0, sampler === 'always_on')
    const pointsOf = (name: string, ...keys: string[]) =>
      sink.metrics
        .filter(
          (metric) =>
            metric.name === name && metric.scope.name === (name.startsWith('rpc') ? 'autospan/grpc' : 'autospan/http2'),
        )
        .flatMap(({ points }) =>
          points.map(
            ({ attributes, count, value }) =>
              `${keys.map((key) => attributes[key] ?? '-').join(' ')}: ${count ?? value}`,
          ),
        )
        .sort()
    const OF_HTTP = ['http.request.method', 'http.response.status_code', 'error.type', 'network.protocol.version']
    assert.deepEqual(pointsOf('http.server.request.duration', ...OF_HTTP, 'url.scheme'), [
      'GET - ECONNRESET 2 http: 1',
      'GET - ENOENT 2 http: 1',
      'GET - ERR_HTTP2_STREAM_ERROR 2 http: 1',
      'GET - ERR_STREAM_PREMATURE_CLOSE 2 http: 1',
      'GET - TypeError 2 http: 1',
      'GET - client_disconnected 2 http: 3',
      'GET - server_disconnected 2 http: 1',
      'GET 200 - 2 http: 1',
      'GET 200 RangeError 2 http: 1',
      'GET 200 client_disconnected 2 http: 4',
      'GET 200 server_disconnected 2 http: 1',
      'GET 204 - 2 http: 1',
      'GET 404 - 2 http: 1',
      'GET 500 500 2 http: 1',
      'POST 201 - 2 http: 2',
    ])
    assert.deepEqual(pointsOf('http.server.active_requests', 'http.request.method'), ['GET: 0', 'POST: 0'])
    assert.deepEqual(pointsOf('http.client.request.duration', ...OF_HTTP), [
      'GET - - -: 1',
      'GET - ERR_HTTP2_STREAM_ERROR -: 7',
      'GET - TimeoutError -: 1',
      'GET 200 - 2: 4',
      'GET 200 ERR_HTTP2_STREAM_ERROR 2: 2',
      'GET 200 TimeoutError 2: 1',
      'GET 204 - 2: 1',
      'GET 404 404 2: 1',
      'GET 500 500 2: 1',
      'POST 201 - 2: 2',
    ])
    const OF_CALLS = ['rpc.system.name', 'rpc.method', STATUS, 'error.type']
    const served = pointsOf('rpc.server.call.duration', ...OF_CALLS).filter((point) => !point.includes('Late'))
    assert.deepEqual(served, [
      'grpc _OTHER UNIMPLEMENTED UNIMPLEMENTED: 1',
      'grpc shop.Orders/Crash UNKNOWN UNKNOWN: 1',
      'grpc shop.Orders/Fail NOT_FOUND -: 1',
      'grpc shop.Orders/Get OK -: 4',
      'grpc shop.Orders/List OK -: 1',
      'grpc shop.Orders/Wait CANCELLED -: 1',
    ])
    assert.deepEqual(pointsOf('rpc.client.call.duration', ...OF_CALLS), [
      'grpc shop.Orders/Crash UNKNOWN UNKNOWN: 1',
      'grpc shop.Orders/Fail NOT_FOUND NOT_FOUND: 1',
      'grpc shop.Orders/Get OK -: 4',
      'grpc shop.Orders/Get UNAVAILABLE UNAVAILABLE: 2',
      'grpc shop.Orders/Late DEADLINE_EXCEEDED DEADLINE_EXCEEDED: 1',
      'grpc shop.Orders/List OK -: 1',
      'grpc shop.Orders/Missing UNIMPLEMENTED UNIMPLEMENTED: 1',
      'grpc shop.Orders/Wait CANCELLED CANCELLED: 1',
    ])
  })
}

test('what the user wants of HTTP holds for HTTP/2', async (t) => {
  const sink = await startSink(t)
  const outcome = await run('http2/ways.mjs', {
    env: {
      ...sink.env,
      SEND: 'sensitive',
      OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'cookie,accept',
      OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: 'content-type',
      OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'server-timing',
      OTEL_INSTRUMENTATION_HTTP_SERVER_TIMING: 'true',
      AUTOSPAN_HTTP_NO_PROPAGATION_TO: '127.0.0.1',
    },
  })
  assert.doesNotMatch(outcome.stdout, /traceparent/, told(outcome))
  const spans = await sink.settled()
  const [served] = spans.filter(({ kind }) => kind === 2)
  const captured = spans.flatMap(({ attributes }) =>
    Object.entries(attributes).filter(([key]) => key.includes('.header.')),
  )
  assert.deepEqual(Object.fromEntries(captured), {
    'http.request.header.cookie': ['[REDACTED]'],
    'http.response.header.content-type': ['application/json'],
    'http.response.header.server-timing': [`traceparent;desc="00-${served?.traceId}-${served?.spanId}-03"`],
  })
})

test('what is ignored over HTTP/2 has no spans, and nothing below it; nor has a library that is switched off', async (t) => {
  const settings: Record<string, string>[] = [
    { AUTOSPAN_HTTP_IGNORE_PATHS: '/*', AUTOSPAN_HTTP_IGNORE_HOSTS: '127.0.0.1' },
    { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http2,grpc' },
  ]
  for (const setting of settings) {
    const sink = await startSink(t)
    await run('http2/contexts.mjs', { env: { ...sink.env, ...setting } })
    assert.equal((await sink.settled()).length, 0)
  }
})

test('the delivery of spans by gRPC makes no spans', async (t) => {
  const sink = await GrpcSink.start(t)
  await run('http2/contexts.mjs', {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
  })
  assert.equal(sink.delivered.length, 12)
})
