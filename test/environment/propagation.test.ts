import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run, start } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

for (const [propagators, sent, continued] of [
  ['b3', { b3: `${TRACE}-${SPAN}-1` }, /^b3: <trace>-<client>-1$/m],
  [
    'b3multi',
    { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' },
    /^x-b3-traceid: <trace>\nx-b3-spanid: <client>\nx-b3-sampled: 1$/m,
  ],
  ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:0:1`, 'uberctx-user': 'a%20b' }, /^uberctx-user: a%20b$/m],
  [
    'xray',
    { 'x-amzn-trace-id': `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)};Parent=${SPAN};Sampled=1` },
    /^x-amzn-trace-id: Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=<client>;Sampled=1$/m,
  ],
  [
    'ottrace',
    { 'ot-tracer-traceid': TRACE.slice(16), 'ot-tracer-spanid': SPAN, 'ot-tracer-sampled': 'true' },
    /^ot-tracer-traceid: 8448eb211c80319c\not-tracer-spanid: <client>\not-tracer-sampled: true$/m,
  ],
  [
    'B3, tracecontext,b3',
    { traceparent: `00-${TRACE}-${SPAN}-01` },
    /^b3: <trace>-<client>-1\ntraceparent: 00-<trace>-<client>-01$/m,
  ],
] as const) {
  test(`OTEL_PROPAGATORS=${propagators} continues a trace and sends it on, by node:http and fetch`, async (t) => {
    const sink = await startSink(t)
    const server = await start(t, 'http/relay.cjs', {
      env: { ...sink.env, OTEL_PROPAGATORS: propagators },
    })
    for (const path of ['/get', '/fetch']) {
      const headers = await (await fetch(server.url + path, { headers: sent })).json()
      const lines = Object.entries(headers as Record<string, string>).map(([name, value]) => `${name}: ${value}`)
      const client = lines.join('\n').replaceAll(TRACE, '<trace>')
      const spanId = /[\da-f]{16}/.exec(client.replace('8448eb211c80319c', '').replace('16cd43dd8448eb211c80319c', ''))
      assert.match(client.replaceAll(spanId?.[0] ?? 'no span', '<client>'), continued)
      assert.ok(!client.includes(SPAN))
    }
    const { stderr } = await server.stop()
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
    const spans = await sink.spans(6)
    // Trace ids of OpenTracing's tracers have 64 bits.
    const traceId = propagators === 'ottrace' ? TRACE.slice(16).padStart(32, '0') : TRACE
    assert.deepEqual([...new Set(spans.map(({ traceId }) => traceId))], [traceId])
    assert.equal(spans.filter(({ parentSpanId }) => parentSpanId === SPAN).length, 2)
  })
}

test("a program's own baggage is sent in one header with that of the request, and counts where both have a name", async () => {
  const { stdout } = await run('http/own-baggage.mjs', { env: { OTEL_TRACES_EXPORTER: 'none' } })
  const { none, ...told } = JSON.parse(stdout)
  assert.equal(none, 'user=theirs,n=1;p')
  const ways = ['request', 'several', 'list', 'fetch', 'undici5', 'undici7']
  assert.deepEqual(told, Object.fromEntries(ways.map((way) => [way, 'tenant=7,user=mine,n=1;p'])))
})

test('OTEL_INSTRUMENTATION_HTTP_SERVER_TIMING=true has each response tell its trace, beside its own timings', async (t) => {
  const sink = await startSink(t)
  const server = await start(t, 'http/timing.cjs', {
    env: { ...sink.env, OTEL_INSTRUMENTATION_HTTP_SERVER_TIMING: 'true' },
  })
  const own: Record<string, string> = {
    '/none': '',
    '/table': 'db;dur=1, ',
    '/merged': 'db;dur=1, ',
    '/object': 'db;dur=1, ',
    '/objects': 'db;dur=1, cache, ',
    '/list': 'db;dur=1, ',
    '/status': '',
    '/flush': '',
  }
  for (const [path, timings] of Object.entries(own)) {
    const { headers } = await fetch(server.url + path, { headers: { traceparent: `00-${TRACE}-${SPAN}-01` } })
    const timing = headers.get('server-timing') ?? ''
    assert.ok(timing.startsWith(`${timings}traceparent;desc="00-${TRACE}-`), `${path} ${timing}`)
    assert.match(timing, /-[\da-f]{16}-01"$/)
    if (path === '/object' || path === '/list' || path === '/merged') assert.equal(headers.get('x-other'), '1')
  }
  const { headers } = await fetch(`${server.url}/none`, { headers: { traceparent: `00-${TRACE}-${SPAN}-00` } })
  assert.match(headers.get('server-timing') ?? '', /-00"$/)
  await server.stop()
  const spans = await sink.spans(8)
  assert.ok(spans.every(({ attributes }) => Number(attributes['http.response.status_code']) >= 200))
})

test('without it no response tells of a trace', async (t) => {
  const server = await start(t, 'http/timing.cjs', { env: { OTEL_TRACES_EXPORTER: 'none' } })
  const { headers } = await fetch(`${server.url}/table`)
  assert.equal(headers.get('server-timing'), 'db;dur=1')
})
