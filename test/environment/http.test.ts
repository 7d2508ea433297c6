import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trace } from '../harness/draw.js'
import type { DecodedSpan } from '../harness/otlp-decode.js'
import type { Owner } from '../harness/owner.js'
import { start, traceOf } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const CLIENT = 3
const ROUTES = ['/get', '/fetch'] as const

/** What the relay's inner request has sent, and the spans of it all. */
async function relayed(
  owner: Owner,
  path: string,
  env: Record<string, string>,
  count: number,
  init?: RequestInit,
  complaints = 0,
) {
  const sink = await startSink(owner)
  const server = await start(owner, 'http/relay.cjs', { env: { ...sink.env, ...env } })
  const response = await fetch(server.url + path, init)
  const sent = (await response.json()) as Record<string, string>
  const { stderr } = await server.stop()
  assert.equal(stderr.trimEnd().split('\n').length, 1 + complaints, stderr)
  const spans = await sink.settled()
  assert.equal(spans.length, count)
  return { sent, spans }
}

/** From the first span to the last one below it. */
function inOrder(spans: readonly DecodedSpan[]): (DecodedSpan | undefined)[] {
  const below = (id: string | undefined) => spans.find(({ parentSpanId }) => parentSpanId === id)
  const outer = below('')
  const client = below(outer?.spanId)
  return [outer, client, below(client?.spanId)]
}

for (const path of ROUTES) {
  test(`headers are captured on request, by ${path}`, async (t) => {
    const { spans } = await relayed(
      t,
      path,
      {
        OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'X-Tenant,Authorization,x-missing',
        OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: 'connection',
        OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: 'Host',
        OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'Content-Length',
      },
      3,
      { headers: { 'x-tenant': 'a', authorization: 'Bearer s3cret' } },
    )
    const outer = spans.find(({ parentSpanId }) => parentSpanId === '')
    assert.deepEqual(outer?.attributes['http.request.header.x-tenant'], ['a'])
    assert.deepEqual(outer?.attributes['http.request.header.authorization'], ['[REDACTED]'])
    assert.equal(outer?.attributes['http.request.header.x-missing'], undefined)
    const client = spans.find(({ kind }) => kind === CLIENT)
    assert.match(String(client?.attributes['http.response.header.content-length']), /^\d+$/)
    // undici makes this header when it writes.
    if (path === '/get') assert.match(String(client?.attributes['http.request.header.host']), /^127\.0\.0\.1:\d+$/)
  })

  test(`a header that is sent twice is captured with both values, and one that is not sent never, by ${path}`, async (t) => {
    const listed = 'x-twice,constructor,__proto__'
    const { spans } = await relayed(
      t,
      path,
      {
        OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: listed,
        OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: listed,
        OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: listed,
        OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: listed,
      },
      3,
      { headers: { 'x-twice': 'c' } },
    )
    const captured = (span: DecodedSpan | undefined) =>
      Object.fromEntries(Object.entries(span?.attributes ?? {}).filter(([key]) => key.includes('.header.')))
    const [outer, client, inner] = inOrder(spans)
    assert.deepEqual(captured(outer), { 'http.request.header.x-twice': ['c'] })
    for (const span of [client, inner]) {
      assert.deepEqual(captured(span), { 'http.response.header.x-twice': ['a', 'b'] })
    }
  })

  test(`AUTOSPAN_HTTP_IGNORE_PATHS leaves no span, and tells others not to record, by ${path}`, async (t) => {
    const { sent } = await relayed(t, path, { AUTOSPAN_HTTP_IGNORE_PATHS: '/healthz,/GE*,/fetch' }, 0)
    assert.match(sent.traceparent ?? '', /^00-[\da-f]{32}-[\da-f]{16}-02$/)
    const env = { AUTOSPAN_HTTP_IGNORE_PATHS: '/get*,/fet*', OTEL_TRACES_SAMPLER: 'always_on' }
    const { spans } = await relayed(t, path, env, 1)
    assert.equal(spans[0]?.attributes['url.path'], '/inner')
  })

  test(`AUTOSPAN_HTTP_IGNORE_HOSTS leaves no span of a call, and tells the other not to record, by ${path}`, async (t) => {
    const { sent, spans } = await relayed(t, path, { AUTOSPAN_HTTP_IGNORE_HOSTS: '127.0.0.*' }, 1)
    assert.equal(spans[0]?.attributes['url.path'], path)
    assert.match(sent.traceparent ?? '', /-02$/)
  })

  test(`hosts learn of traces as allowed, by ${path}`, async (t) => {
    for (const [allow, deny, isTold, complaints] of [
      ['*.internal', '', false, 0],
      ['*.internal,127.0.0.1', '', true, 0],
      ['', '127.*', false, 0],
      ['127.0.0.1', '127.0.0.1', false, 0],
      ['', 'other', true, 0],
      ['', 'http://127.0.0.1:80/private', false, 1],
      ['*:80', '', false, 1],
    ] as const) {
      const env = { AUTOSPAN_HTTP_PROPAGATE_TO: allow, AUTOSPAN_HTTP_NO_PROPAGATION_TO: deny }
      const { sent, spans } = await relayed(t, path, env, 3, undefined, complaints)
      assert.equal('traceparent' in sent, isTold, `${allow} ${deny}`)
      assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, isTold ? 1 : 2)
    }
  })
}

test('response headers are captured however they are given', async () => {
  assert.equal(
    await traceOf(
      'http/server.mjs',
      { OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: 'location,content-type' },
      {
        requests: ['/redirect', '/events', '/hello'],
        attributes: ['http.response.header.location', 'http.response.header.content-type'],
      },
    ),
    trace`
      GET SERVER 302 http.response.header.location=["/hello"]

      GET SERVER 200 http.response.header.content-type=["text/event-stream"]

      GET SERVER 200
    `,
  )
})

test('known methods are those that are listed, in their case', async () => {
  assert.equal(
    await traceOf(
      'http/server.mjs',
      { OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS: 'GET,PURGE' },
      {
        requests: ['/hello', { path: '/hello', method: 'PURGE' }, { path: '/hello', method: 'DELETE' }],
        attributes: ['http.request.method', 'http.request.method_original'],
      },
    ),
    trace`
      GET SERVER 200 http.request.method=GET

      PURGE SERVER 200 http.request.method=PURGE

      HTTP SERVER 200 http.request.method=_OTHER http.request.method_original=DELETE
    `,
  )
})
