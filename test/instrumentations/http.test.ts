import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import type { DecodedSpan } from '../harness/otlp-decode.js'
import { root, run, start, traceOf } from '../harness/program.js'
import { type Sink, startSink } from '../harness/sink.js'

const ways = {
  mjs: ['default', 'named', 'namespace', 'request', 'builtin', 'construct', 'options', 'list', 'fetch'],
  cjs: ['default', 'named', 'request', 'builtin', 'pairs'],
}
for (const [extension, names] of Object.entries(ways)) {
  for (const WAY of names) {
    test(`${extension}: a request sent by ${WAY} is one client span, joined to the server's by one traceparent`, async (t) => {
      const sink = await startSink(t)
      const { stdout, code } = await run(`http/calls.${extension}`, {
        env: { WAY, ...sink.env },
      })
      assert.equal(code, 0)
      assert.equal(
        await sink.traces(2),
        trace`
          GET   CLIENT 200
            GET SERVER 200
        `,
      )
      const { headers } = JSON.parse(stdout) as { headers: string[] }
      const sent = headers.filter((_, i) => headers[i - 1]?.toLowerCase() === 'traceparent')
      const client = sink.delivered.find(({ kind }) => kind === 3)
      assert.deepEqual(sent, [`00-${client?.traceId}-${client?.spanId}-03`])
      assert.equal(client?.attributes['url.full']?.toString().endsWith('/hello'), true)
      assert.equal(client?.attributes['server.address'], '127.0.0.1')
      assert.equal(client?.attributes['server.port'], client?.attributes['network.peer.port'])
    })
  }
}

test('a served request has the attributes of the conventions, secrets redacted', async (t) => {
  const { server, sink, stop } = await serving(t)
  await fetch(`${server.url}/hello?a=1&sig=SECRET&b=2`, { headers: { 'user-agent': 'curl/8' } })
  await stop()
  const [span] = await sink.spans(1)
  assert.deepEqual(span?.attributes, {
    'http.request.method': 'GET',
    'url.path': '/hello',
    'url.query': 'a=1&sig=REDACTED&b=2',
    'url.scheme': 'http',
    'server.address': '127.0.0.1',
    'server.port': server.port,
    'client.address': '127.0.0.1',
    'network.peer.address': '127.0.0.1',
    'network.peer.port': span?.attributes['network.peer.port'],
    'network.protocol.version': '1.1',
    'user_agent.original': 'curl/8',
    'http.response.status_code': 200,
  })
  assert.deepEqual(span?.scope.name, 'autospan/http')
})

const forwarded: [string, Record<string, string>, Record<string, unknown>][] = [
  [
    'X-Forwarded-*',
    { 'x-forwarded-for': '203.0.113.7, 10.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example' },
    { 'client.address': '203.0.113.7', 'url.scheme': 'https', 'server.address': 'shop.example' },
  ],
  [
    'Forwarded',
    { forwarded: 'for="[2001:db8::1]:4711";proto=https;host="shop.example:8443", for=10.0.0.1' },
    {
      'client.address': '2001:db8::1',
      'url.scheme': 'https',
      'server.address': 'shop.example',
      'server.port': 8443,
    },
  ],
]
test('behind a proxy, X-Forwarded-* or Forwarded tells the client, the scheme and the host', async (t) => {
  const { server, sink, stop } = await serving(t)
  for (const [, headers] of forwarded) await fetch(`${server.url}/hello`, { headers })
  await stop()
  const spans = await sink.spans(forwarded.length)
  for (const [i, [name, , expected]] of forwarded.entries()) {
    const { attributes } = spans[i] ?? assert.fail(name)
    for (const [key, value] of Object.entries(expected)) assert.equal(attributes[key], value, `${name}: ${key}`)
    assert.equal(attributes['network.peer.address'], '127.0.0.1')
  }
})

test('statuses: 4xx is no error of the server, 5xx is; no route is no name', async () => {
  assert.equal(
    await traceOf('http/server.mjs', {}, { requests: ['/nope/123', '/boom', '/redirect'] }),
    trace`
      GET SERVER 404

      GET SERVER 503 error 503

      GET SERVER 302
    `,
  )
})

test('what a program sets on the span of a request stays, but for what the agent knows better', async (t) => {
  // With a limit below the usual one no attributes are shared.
  for (const [limit, dropped] of [
    ['128', 13],
    ['100', 41],
  ] as const) {
    const sink = await startSink(t)
    const { code, stderr } = await run('http/own-attributes.mjs', {
      env: { ...sink.env, OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: limit },
    })
    assert.equal(code, 0, stderr)
    const told: Record<string, unknown[]> = {}
    for (const { kind, name, attributes, droppedAttributesCount } of await sink.settled()) {
      if (kind !== 2) continue
      const { 'http.request.method': method, 'http.response.status_code': status } = attributes
      told[String(attributes['url.path'])] = [name, method, status, attributes['http.route'], droppedAttributesCount]
    }
    assert.deepEqual(told, {
      '/plain': ['GET', 'GET', 200, undefined, 0],
      '/name': ['mine', 'GET', 200, undefined, 0],
      '/method': ['GET', 'MINE', 200, undefined, 0],
      '/route': ['GET /mine', 'GET', 200, '/mine', 0],
      '/named-route': ['mine', 'GET', 200, '/mine', 0],
      '/no-route': ['GET', 'GET', 200, '', 0],
      '/told-route': ['GET /told/:id', 'GET', 200, '/told/:id', 0],
      '/status': ['GET', 'GET', 200, undefined, 0],
      '/many': ['GET', 'GET', undefined, undefined, dropped],
      '/unsent': ['GET', 'GET', undefined, undefined, 0],
    })
  }
})

test('methods that are not known do not name spans', async (t) => {
  const { server, sink, stop } = await serving(t)
  for (const method of ['OPTIONS', 'HEAD', 'PROPFIND']) await fetch(`${server.url}/hello`, { method })
  await stop()
  const spans = await sink.spans(3)
  assert.deepEqual(
    spans.map(({ name, attributes }) => [
      name,
      attributes['http.request.method'],
      attributes['http.request.method_original'],
    ]),
    [
      ['OPTIONS', 'OPTIONS', undefined],
      ['HEAD', 'HEAD', undefined],
      ['HTTP', '_OTHER', 'PROPFIND'],
    ],
  )
})

test('an incoming traceparent is continued, flags, tracestate and all', async (t) => {
  const { server, sink, stop } = await serving(t)
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  await fetch(`${server.url}/hello`, {
    headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: 'vendor=a,other=b' },
  })
  await stop()
  const [span] = await sink.spans(1)
  assert.deepEqual(
    [span?.traceId, span?.parentSpanId, span?.traceState, span?.flags],
    [traceId, 'b7ad6b7169203331', 'vendor=a,other=b', 0x301],
  )
})

test('a caller that did not sample is obeyed, and told on', async (t) => {
  const { server, sink, stop } = await serving(t)
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
  await fetch(`${server.url}/body`, { method: 'POST', body: 'x', headers: { traceparent } })
  await stop()
  assert.deepEqual(await sink.settled(), [])
})

const hostile: [string, Record<string, string>][] = [
  ['a traceparent of zeros', { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` }],
  ['a traceparent in upper case', { traceparent: '00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01' }],
  ['a traceparent of version ff', { traceparent: 'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }],
  ['a baggage of 12 KB', { baggage: 'k=v,'.repeat(3000) }],
  ['a tracestate of 12 KB', { tracestate: 'k=v,'.repeat(3000) }],
  ['a baggage that names prototypes', { baggage: '__proto__=1,constructor=2' }],
]
test('what is hostile in a header leaves a request served, with a new trace', async (t) => {
  const { server, sink, stop } = await serving(t)
  for (const [name, headers] of hostile) {
    const response = await fetch(`${server.url}/hello`, { headers })
    assert.equal(await response.text(), 'hello', name)
  }
  await stop()
  const spans = await sink.spans(hostile.length)
  for (const [i, [name]] of hostile.entries()) {
    assert.equal(spans[i]?.parentSpanId, '', name)
    assert.notEqual(spans[i]?.traceId.toLowerCase(), '0af7651916cd43dd8448eb211c80319c', name)
  }
})

test('odd request lines are answered as without the agent', async (t) => {
  const sink = await startSink(t)
  const bare = await start(t, 'http/raw.mjs', { agent: false })
  const traced = await start(t, 'http/raw.mjs', { env: sink.env })
  const lines = ['GET http:// HTTP/1.1', 'GET // HTTP/1.1', 'GET /%zz?%zz HTTP/1.1', 'OPTIONS * HTTP/1.1']
  for (const line of lines) {
    const request = `${line}\r\nHost: x\r\nConnection: close\r\n\r\n`
    assert.equal(await exchange(traced.port, request), await exchange(bare.port, request), line)
  }
  await traced.stop()
  assert.equal((await sink.settled()).length, lines.length)
})

test('a client that goes away ends the span at once, and it is no plain success', async (t) => {
  const { server, sink, stop } = await serving(t)
  for (const path of ['/never', '/half']) {
    const aborting = new AbortController()
    const call = fetch(`${server.url}${path}`, { signal: aborting.signal }).then((response) => response.text())
    const seen = path === '/never' ? /waiting/ : /waiting\nwaiting/
    await server.printed(seen)
    aborting.abort()
    await assert.rejects(call, { name: 'AbortError' })
  }
  const spans = await sink.spans(2)
  await stop()
  assert.deepEqual(
    spans.map(({ attributes, status }) => [
      attributes['url.path'],
      attributes['http.response.status_code'],
      attributes['error.type'],
      status.code,
    ]),
    [
      ['/never', undefined, 'client_disconnected', 0],
      ['/half', 200, 'client_disconnected', 0],
    ],
  )
})

test('requests whose clients went away leave nothing in memory', async (t) => {
  const sink = await startSink(t)
  // As it stands still for a while on a busy machine.
  const { stdout } = await run('http/aborts.mjs', { env: { ...sink.env, AUTOSPAN_SHEDDING: 'false' } })
  const left = stdout.trim().split('\n')
  const kinds = left.map((line) => line.split(' ')[0])
  assert.deepEqual(kinds, ['ClientRequest', 'IncomingMessage', 'ServerResponse', 'Socket', 'RecordingSpan'])
  // Of 300 of each, but 600 spans: those of the last 30 may still be on their way.
  for (const line of left) assert.ok(Number(line.split(' ')[1]) <= 60, stdout)
  assert.equal((await sink.settled()).length, 600)
})

test('an upgrade is a span that ends with its status; what follows is not HTTP', async (t) => {
  const { server, sink, stop } = await serving(t)
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n')
  await once(socket, 'data')
  const [span] = await sink.spans(1)
  assert.deepEqual([span?.name, span?.attributes['http.response.status_code']], ['GET', 101])
  socket.write('ping')
  assert.equal(String((await once(socket, 'data'))[0]), 'ping')
  socket.end()
  await stop()
  assert.equal(sink.delivered.length, 1)
})

test('server-sent events are one span that lasts to their end', async (t) => {
  const { server, sink, stop } = await serving(t)
  assert.equal((await (await fetch(`${server.url}/events`)).text()).match(/tick/g)?.length, 3)
  await stop()
  const [span] = await sink.spans(1)
  assert.ok(millisOf(span) >= 10, `${millisOf(span)} ms`)
  const [event] = span?.events ?? []
  assert.equal(event?.name, 'http.response.first_byte')
  assert.ok(event !== undefined && span !== undefined && event.timeUnixNano < span.endTimeUnixNano)
})

test('an answer that is all there at once tells its first byte where its client takes long to read it', async (t) => {
  const { server, sink, stop } = await serving(t)
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  await once(socket, 'readable')
  // The first part has come, and more of it is under way than the connection holds. Another answer takes 10 ms and more.
  await (await fetch(`${server.url}/events`)).text()
  socket.resume()
  await once(socket, 'close')
  await (await fetch(`${server.url}/hello`)).text()
  await stop()
  const events = (await sink.spans(3)).map(({ attributes, events }) => [
    attributes['url.path'],
    events.map(({ name }) => name),
  ])
  assert.deepEqual(events, [
    ['/events', ['http.response.first_byte']],
    ['/long', ['http.response.first_byte']],
    ['/hello', []],
  ])
})

test("listeners of request and response run in the request's context, wherever the body's parts come from", async (t) => {
  const { server, sink, stop } = await serving(t)
  const socket = connect(server.port, '127.0.0.1')
  socket.setNoDelay()
  socket.write('POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc')
  // The call that the first part has caused is over when the second is sent, which is thus a packet of its own.
  await sink.spans(2)
  socket.write('def')
  await once(socket, 'data')
  socket.end()
  await stop()
  const spans = await sink.settled()
  const parent = spans.find(({ name }) => name === 'POST')
  const clients = spans.filter(({ kind }) => kind === 3)
  assert.ok(clients.length >= 3, `${clients.length}`)
  for (const client of clients) assert.equal(client.parentSpanId, parent?.spanId)
})

test("a thenable that sends a request when it is awaited does so in the request's context", async () => {
  assert.equal(
    await traceOf('http/server.mjs', {}, { requests: ['/thenable'] }),
    trace`
      GET     SERVER 200
        GET   CLIENT 200
          GET SERVER 200
    `,
  )
})

test('requests that are sent outside of any request are roots, though their connection is reused', async (t) => {
  const sink = await startSink(t)
  await run('http/keepalive.mjs', { env: sink.env })
  const spans = await sink.settled()
  const byPath = new Map(
    spans.filter(({ kind }) => kind === 3).map((span) => [String(span.attributes['url.full']).split('/').at(-1), span]),
  )
  const outer = spans.find(({ attributes, kind }) => kind === 2 && attributes['url.path'] === '/outer')
  assert.equal(byPath.get('inside')?.parentSpanId, outer?.spanId)
  assert.equal(byPath.get('outside')?.parentSpanId, '')
  assert.equal(
    byPath.get('inside')?.attributes['network.peer.port'],
    byPath.get('outside')?.attributes['network.peer.port'],
  )
})

for (const extension of ['mjs', 'cjs']) {
  test(`${extension}: a caller's own traceparent is replaced, not doubled; a signed request is left alone`, async (t) => {
    const sink = await startSink(t)
    const { stdout } = await run(`http/headers.${extension}`, { env: sink.env })
    const spans = await sink.settled()
    const servers = spans.filter(({ kind }) => kind === 2)
    for (const line of stdout.trim().split('\n')) {
      const { way, traceparents, tracestates } = JSON.parse(line)
      if (way.startsWith('signed')) {
        assert.deepEqual(traceparents, [], way)
      } else {
        assert.equal(traceparents.length, 1, way)
        assert.deepEqual(tracestates, [], way)
        const client = spans.find(({ kind, spanId }) => kind === 3 && traceparents[0].includes(spanId))
        assert.ok(client, way)
        assert.ok(
          servers.some(({ parentSpanId }) => parentSpanId === client.spanId),
          way,
        )
      }
    }
    assert.equal(stdout.trim().split('\n').length, extension === 'mjs' ? 9 : 3)
  })

  test(`${extension}: with AUTOSPAN_HTTP_SKIP_SIGNED=false signed requests have a traceparent too`, async () => {
    const env = { OTEL_TRACES_EXPORTER: 'none', AUTOSPAN_HTTP_SKIP_SIGNED: 'false' }
    const { stdout } = await run(`http/headers.${extension}`, { env })
    for (const line of stdout.trim().split('\n')) {
      const { way, traceparents } = JSON.parse(line)
      assert.equal(traceparents.length, 1, way)
    }
  })
}

test('errors of a call are on its span; an abort by the caller is none, but by a time-out', async (t) => {
  const sink = await startSink(t)
  await run('http/failures.mjs', { env: sink.env })
  const all = await sink.settled()
  const spans = all.filter(({ kind }) => kind === 3)
  const told = spans.map(({ attributes, status }) => [
    String(attributes['url.full']).replace(/^http:..[^/]*/, ''),
    attributes['error.type'],
    status.code,
  ])
  assert.deepEqual(Object.fromEntries(told.map(([path, ...rest]) => [path, rest])), {
    '/refused/get': ['ECONNREFUSED', 2],
    '/refused/fetch': ['ECONNREFUSED', 2],
    '/refused/both': ['ECONNREFUSED', 2],
    '/404': ['404', 2],
    '/reset/get': ['ECONNRESET', 2],
    '/reset/fetch': ['UND_ERR_SOCKET', 2],
    '/cut/get': ['ECONNRESET', 2],
    '/abort/get': [undefined, 0],
    '/abort/destroy': [undefined, 0],
    '/abort/fetch': [undefined, 0],
    '/abort/reason': [undefined, 0],
    '/timeout/fetch': ['TimeoutError', 2],
    '/timeout/get': ['TimeoutError', 2],
    '/half/get': ['TimeoutError', 2],
    '/timeout/destroy': ['TimeoutError', 2],
    '/timeout/abort': ['TimeoutError', 2],
    '/timeout/socket': ['TimeoutError', 2],
    '/half/destroy': ['TimeoutError', 2],
    '/half/response': ['TimeoutError', 2],
    '/timeout/patience': [undefined, 0],
    '/proxy': ['502', 2],
    '/refused/piped': ['ECONNREFUSED', 2],
    '/404?late': ['404', 2],
  })
  const ofPath = (path: string) => spans.find(({ attributes }) => String(attributes['url.full']).endsWith(path))
  assert.match(ofPath('/refused/both')?.status.message ?? '', /^connect ECONNREFUSED 127\.0\.0\.1:\d+$/)
  const piped = ofPath('/refused/piped')
  const proxy = all.find(({ kind, attributes }) => kind === 2 && attributes['url.path'] === '/proxy')
  assert.equal(piped?.parentSpanId, proxy?.spanId)
  assert.ok(piped !== undefined && piped.endTimeUnixNano > piped.startTimeUnixNano)
})

test('redirects that fetch follows are a span each, in one trace, numbered', async (t) => {
  const sink = await startSink(t)
  const server = await start(t, 'http/server.mjs', { agent: false })
  await run('http/fetch.mjs', { env: { URL: `${server.url}/redirect`, ...sink.env } })
  const spans = await sink.settled()
  assert.deepEqual(
    spans.map(({ attributes }) => [
      new URL(String(attributes['url.full'])).pathname,
      attributes['http.response.status_code'],
      attributes['http.request.resend_count'],
    ]),
    [
      ['/redirect', 302, undefined],
      ['/hello', 200, 1],
    ],
  )
})

for (const PACKAGE of ['undici5', 'undici6', 'undici7']) {
  test(`${PACKAGE}: requests by each way are client spans with one traceparent each`, async (t) => {
    const sink = await startSink(t)
    const { stdout, stderr } = await run('http/undici.mjs', {
      env: { PACKAGE, OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: 'a', ...sink.env },
    })
    const spans = await sink.settled()
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      answers.map(({ way }) => way),
      ['/request', '/object', '/list', '/pool', '/fetch'],
      stderr,
    )
    for (const { way, traceparents } of answers) {
      const client = spans.find(({ kind, attributes }) => kind === 3 && String(attributes['url.full']).endsWith(way))
      assert.deepEqual(traceparents, [`00-${client?.traceId}-${client?.spanId}-03`], way)
      assert.equal(client?.attributes['http.response.status_code'], 200)
      assert.equal(client?.attributes['network.peer.address'], '127.0.0.1')
      const sent = way === '/object' || way === '/list' ? ['b', 'c'] : undefined
      assert.deepEqual(client?.attributes['http.request.header.a'], sent, way)
    }
    assert.equal(spans.length, 10)
  })
}

for (const PACKAGE of ['undici5', 'undici6', 'undici7']) {
  test(`${PACKAGE}: what is sent again is in the trace of its caller, and not of who opened the connection`, async (t) => {
    const sink = await startSink(t)
    const server = await start(t, 'http/undici-again.mjs', { env: { PACKAGE, ...sink.env } })
    for (let i = 0; i < 2; i++) assert.equal(await (await fetch(server.url)).text(), 'new')
    await server.stop()
    const each = trace`
      GET     SERVER 200
        GET   CLIENT 302
          GET SERVER 302
        GET   CLIENT 200
          GET SERVER 200
        GET   CLIENT 503 error ${PACKAGE === 'undici7' ? '503' : 'UND_ERR_REQ_RETRY'}
          GET SERVER 503 error 503
        GET   CLIENT 200
          GET SERVER 200
    `
    assert.equal(await sink.traces(18), each + each)
    const resends = sink.delivered.flatMap(({ attributes }) => attributes['http.request.resend_count'] ?? [])
    assert.deepEqual(resends, [1, 1])
  })
}

for (const PACKAGE of ['undici-oldest', 'undici5', 'undici6', 'undici7']) {
  test(`${PACKAGE}: what waits for a connection of a full pool is in the trace of its caller`, async (t) => {
    const sink = await startSink(t)
    const server = await start(t, 'http/undici-pool.mjs', { env: { PACKAGE, ...sink.env } })
    const each = trace`
      GET     SERVER 200
        GET   CLIENT 200
          GET SERVER 200
    `
    for (const way of ['fetch', 'request']) {
      const answers = Array.from({ length: 4 }, async () => (await fetch(`${server.url}/${way}`)).text())
      assert.deepEqual(await Promise.all(answers), Array(4).fill(way))
    }
    await server.stop()
    assert.equal(await sink.traces(24), each.repeat(8))
  })
}

test('a request that a proxy hands on for undici is told of the server that it is for, and propagates as that may know', async (t) => {
  const sink = await startSink(t)
  const { stdout, stderr } = await run('http/undici-proxied.mjs', {
    env: { AUTOSPAN_HTTP_NO_PROPAGATION_TO: 'bank.*', ...sink.env },
  })
  assert.equal(stdout, 'user:SECRET@shop.example true\nbank.example:8080 false\n', stderr)
  const calls = (await sink.settled()).filter(({ kind }) => kind === 3)
  assert.deepEqual(
    calls.map(({ attributes }) => [attributes['url.full'], attributes['server.address'], attributes['server.port']]),
    [
      ['http://REDACTED:REDACTED@shop.example/tea?a=1', 'shop.example', 80],
      ['http://bank.example:8080/tea?a=1', 'bank.example', 8080],
    ],
  )
})

for (const PACKAGE of ['undici5', 'undici6', 'undici7']) {
  test(`${PACKAGE}: a request that a proxy makes no tunnel for has failed, one that its caller breaks off has not`, async (t) => {
    const sink = await startSink(t)
    const { stdout, stderr } = await run('http/undici-refused.mjs', { env: { PACKAGE, ...sink.env } })
    assert.equal(stdout, 'UND_ERR_ABORTED\n', stderr)
    const [refused, broken] = (await sink.settled()).filter(({ kind, name }) => kind === 3 && name === 'GET')
    assert.equal(refused?.attributes['error.type'], 'UND_ERR_ABORTED')
    assert.match(refused?.status.message ?? '', /^Proxy response \(407\)/)
    assert.deepEqual(broken?.status, { code: 0, message: '' })
  })
}

for (const PACKAGE of ['undici5', 'undici6', 'undici7', undefined]) {
  const sender = PACKAGE ?? 'the WebSocket of Node.js'
  test(`${sender}: a request that is upgraded, or tunnels, ends with its answer`, async (t) => {
    const sink = await startSink(t)
    const app = 'http/undici-upgrade.mjs'
    // Node 20 has the global by this flag alone.
    const nodeFlags = ['--experimental-websocket']
    const env: Record<string, string> = PACKAGE === undefined ? {} : { PACKAGE }
    const bare = await run(app, { nodeFlags, env, agent: false })
    const traced = await run(app, {
      nodeFlags,
      env: { OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'x-told', ...env, ...sink.env },
    })
    assert.deepEqual([traced.stdout, traced.code], [bare.stdout, 0], traced.stderr)
    assert.doesNotMatch(traced.stderr, /internal error/)
    const clients = (await sink.settled()).filter(({ kind }) => kind === 3)
    assert.ok(clients.every(({ attributes }) => attributes['autospan.incomplete'] === undefined))
    const told = clients.map(({ name, attributes }) => {
      const { 'http.response.status_code': status, 'error.type': type } = attributes
      return `${name} ${status ?? '-'} ${type ?? '-'} ${attributes['http.response.header.x-told'] ?? '-'}`
    })
    const expected =
      PACKAGE === undefined
        ? ['GET 101 - yes', 'GET 400 400 -', 'GET - UND_ERR_SOCKET -']
        : [
            'GET 101 - yes',
            'GET 400 UND_ERR_SOCKET -',
            'GET - UND_ERR_SOCKET -',
            'CONNECT 200 - -',
            'CONNECT 407 407 -',
          ]
    assert.deepEqual(told, expected)
    const points = sink.metric('http.client.request.duration')?.points ?? []
    assert.equal(
      points.reduce((sum, { count }) => sum + Number(count), 0),
      expected.length,
    )
  })
}

test('a call whose body is never read ends when the response is garbage, at the time of its head', async (t) => {
  const sink = await startSink(t)
  const { code } = await run('http/unread.mjs', {
    nodeFlags: ['--expose-gc'],
    env: sink.env,
  })
  assert.equal(code, 0)
  const client = (await sink.settled()).find(({ kind }) => kind === 3)
  assert.equal(client?.status.code, 0)
  assert.equal(client?.attributes['http.response.status_code'], 200)
})

test('a request of node:http whose answer is not read ends at the time of its head, not when its connection is closed', async (t) => {
  const sink = await startSink(t)
  const { stdout, code, stderr } = await run('http/unread-sent.mjs', { env: sink.env })
  assert.equal(code, 0, stderr)
  const idleAt = BigInt(stdout) * 1_000_000n
  const sent = (await sink.settled()).filter(({ kind }) => kind === 3)
  const told = sent.map(({ attributes, status, endTimeUnixNano }) => [
    new URL(String(attributes['url.full'])).pathname,
    [attributes['http.response.status_code'], status.code, endTimeUnixNano < idleAt],
  ])
  assert.deepEqual(Object.fromEntries(told), {
    '/head': [200, 0, true],
    '/unread': [200, 0, true],
    '/begun': [200, 0, false],
  })
  for (const { attributes } of sent) assert.equal(attributes['network.peer.port'], attributes['server.port'])
})

test('the port of a server is the one that was asked for, whatever the Host header tells, also where nobody listens', async (t) => {
  const sink = await startSink(t)
  const { stdout, code, stderr } = await run('http/ports.mjs', { env: sink.env })
  assert.equal(code, 0, stderr)
  const { port, closed } = JSON.parse(stdout)
  const told = (await sink.settled())
    .filter(({ kind }) => kind === 3)
    .map(({ attributes }) => [
      attributes['url.full'],
      [attributes['server.address'], attributes['server.port'], attributes['network.peer.port']],
    ])
  assert.deepEqual(Object.fromEntries(told), {
    [`http://127.0.0.1:${port}/own`]: ['127.0.0.1', port, port],
    [`http://127.0.0.1:${port}/own-again`]: ['127.0.0.1', port, port],
    [`http://127.0.0.1:${port}/other`]: ['127.0.0.1', port, port],
    [`http://127.0.0.1:${port}/handed-on`]: ['127.0.0.1', port, port],
    [`http://127.0.0.1:${port}/list`]: ['127.0.0.1', port, port],
    'http://shop.example/tunnel': ['shop.example', 80, port],
    'http://shop.example:8080/tunnel-other': ['shop.example', 8080, port],
    [`http://127.0.0.1:${closed}/refused-own`]: ['127.0.0.1', closed, undefined],
    [`http://127.0.0.1:${closed}/refused-handed-on`]: ['127.0.0.1', closed, undefined],
    [`http://127.0.0.1:${closed}/refused-other`]: ['127.0.0.1', closed, undefined],
    [`http://127.0.0.1:${closed}/refused-list`]: ['127.0.0.1', closed, undefined],
  })
  const points = sink.metrics
    .filter(({ name }) => name === 'http.client.request.duration')
    .flatMap(({ points }) => points)
  assert.deepEqual(
    [...new Set(points.map(({ attributes }) => attributes['server.port']))].sort(),
    [80, 8080, port, closed].sort(),
  )
})

test('url.full has no credentials and no signatures', async (t) => {
  const sink = await startSink(t)
  const server = await start(t, 'http/server.mjs', { agent: false })
  const url = `${server.url.replace('http://', 'http://user:pass@')}/hello?sig=SECRET&X-Amz-Signature=SECRET&a=1`
  await run('http/get.mjs', { env: { URL: url, ...sink.env } })
  const spans = await sink.settled()
  assert.deepEqual(
    spans.map(({ attributes }) => attributes['url.full']),
    [`${server.url}/hello?sig=REDACTED&X-Amz-Signature=REDACTED&a=1`],
  )
  assert.doesNotMatch(
    JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    /SECRET|pass/,
  )
})

test('odd arguments of http.request behave as without the agent', async () => {
  const bare = await run('http/odd.mjs', { agent: false })
  const traced = await run('http/odd.mjs', { env: { OTEL_TRACES_EXPORTER: 'none', OTEL_LOG_LEVEL: 'none' } })
  assert.deepEqual(
    { stdout: traced.stdout, stderr: traced.stderr, code: traced.code },
    { stdout: bare.stdout, stderr: bare.stderr, code: bare.code },
  )
  assert.match(bare.stdout, /url-host 200/)
})

test('requests that are only mocked are none, however many fail, and hinder no real one', async (t) => {
  const bare = await run('http/mocked.cjs', { agent: false })
  const sink = await startSink(t)
  const traced = await run('http/mocked.cjs', { env: { ...sink.env, OTEL_LOG_LEVEL: 'warn' } })
  assert.deepEqual([traced.stdout, traced.stderr, traced.code], [bare.stdout, '', 0])
  assert.equal(
    drawTraces(await sink.settled()),
    trace`
      GET   CLIENT 200
        GET SERVER 200
    `,
  )
})

test('requests are timed by the true clocks where the program has put others in their places', async (t) => {
  const sink = await startSink(t)
  const beganAt = BigInt(Date.now())
  const { code, stderr } = await run('http/faked-clocks.mjs', { env: sink.env })
  assert.equal(code, 0, stderr)
  const spans = await sink.settled()
  assert.deepEqual(
    spans.map(({ kind, attributes }) => [kind, attributes['url.path']]).filter(([kind]) => kind === 2),
    [
      [2, '/faked'],
      [2, '/true'],
    ],
  )
  for (const { startTimeUnixNano, endTimeUnixNano } of spans) {
    assert.ok(startTimeUnixNano / 1_000_000n >= beganAt - 100n)
    assert.ok(endTimeUnixNano > startTimeUnixNano)
  }
})

test('what goes on after a request is timed by the wall clock as it is then', async (t) => {
  const sink = await startSink(t)
  const nodeFlags = ['--require', join(root, 'test/apps/metrics/wall-clock.cjs')]
  await run('http/background.cjs', { nodeFlags, env: sink.env })
  const spans = await sink.settled()
  const request = spans.find(({ kind }) => kind === 2)!
  const job = spans.find(({ name }) => name === 'job')!
  assert.equal(job.parentSpanId, request.spanId)
  assert.equal(Math.round(Number(job.startTimeUnixNano - request.startTimeUnixNano) / 3600e9), 3)
})

test('spans are on their way while the program runs, also where its tests have fake timers, and no timer of theirs is used', async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, OTEL_BSP_SCHEDULE_DELAY: '10', OTEL_METRIC_EXPORT_INTERVAL: '10' }
  const server = await start(t, 'http/faked-timers.cjs', { env })
  await fetch(`${server.url}/faked`)
  await sink.until(() => sink.metric('nodejs.eventloop.delay.max') !== undefined, 'a look at the event loop')
  assert.equal(await (await fetch(`${server.url}/true`)).text(), '')
  assert.equal((await sink.spans(2)).length, 2)
  await server.stop()
})

test('a request whose headers node:http refuses has a span that ends', async (t) => {
  const sink = await startSink(t)
  await run('http/odd.mjs', { env: sink.env })
  const spans = (await sink.settled()).filter(({ kind, status }) => kind === 3 && status.code === 2)
  const types = new Set(spans.map(({ attributes }) => attributes['error.type']))
  for (const type of ['ERR_INVALID_ARG_VALUE', 'ERR_INVALID_HTTP_TOKEN', 'ERR_HTTP_INVALID_HEADER_VALUE'])
    assert.ok(types.has(type), type)
  assert.ok(spans.every(({ attributes }) => attributes['autospan.incomplete'] === undefined))
})

test('messages that belong to a domain do so with the agent, too', async () => {
  const bare = await run('http/domain.cjs', { agent: false })
  const traced = await run('http/domain.cjs', { env: { OTEL_TRACES_EXPORTER: 'none' } })
  assert.equal(traced.stdout, bare.stdout)
  assert.equal(bare.stdout, 'request true\nresponse true\nof the request\n')
})

test('patched functions look like those they replace', async () => {
  const options = { env: { OTEL_TRACES_EXPORTER: 'none', OTEL_LOG_LEVEL: 'none' } }
  const bare = await run('http/identity.mjs', { agent: false })
  const traced = await run('http/identity.mjs', options)
  assert.equal(traced.stdout, bare.stdout)
  assert.ok(bare.stdout.length > 100)
})

test('who prints messages sees a word of the agent, and nothing of it where connections are printed', async () => {
  const { stdout } = await run('http/printed.cjs', { env: { OTEL_TRACES_EXPORTER: 'console' } })
  const mark = /\[?Symbol\(autospan\.http\.life\)\]?: autospan,?/g
  assert.equal(
    stdout.replaceAll(mark, '<mark>').replaceAll(/(<mark> )+<mark>/g, '<mark>'),
    `a request: 1 of ours, <mark>
a response: 1 of ours, <mark>
a connection: 0 of ours, <mark>
a request sent: 1 of ours, <mark>
an answer: 1 of ours, <mark>
`,
  )
})

test('https is traced like http, and the scheme tells', async (t) => {
  for (const extension of ['mjs', 'cjs']) {
    const sink = await startSink(t)
    const { code, stderr } = await run(`http/https.${extension}`, { env: sink.env })
    assert.equal(code, 0, stderr)
    const spans = await sink.settled()
    const server = spans.find(({ kind }) => kind === 2)
    const client = spans.find(({ kind }) => kind === 3)
    assert.equal(server?.parentSpanId, client?.spanId)
    assert.equal(server?.attributes['url.scheme'], 'https')
    assert.match(String(client?.attributes['url.full']), /^https:\/\/localhost:\d+\/$/)
  }
})

test('stores of the program are where they were when a response is sent', async () => {
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }
  const bare = await run('http/stores.mjs', { agent: false, env })
  const traced = await run('http/stores.mjs', { env })
  assert.equal(traced.stdout, bare.stdout)
  assert.match(bare.stdout, /^\/response-close response close: \/response-close$/m)
  assert.match(bare.stdout, /^\/late response close: \/late$/m)
  assert.match(bare.stdout, /^channel: \/none$/m)
})

async function serving(t: {
  after(fn: () => unknown): void
}): Promise<{ server: Awaited<ReturnType<typeof start>>; sink: Sink; stop(): Promise<unknown> }> {
  const sink = await startSink(t)
  const server = await start(t, 'http/server.mjs', {
    env: { ...sink.env, OTEL_BSP_SCHEDULE_DELAY: '50' },
  })
  return { server, sink, stop: () => server.stop() }
}

function millisOf(span: DecodedSpan | undefined): number {
  return span === undefined ? 0 : Number(span.endTimeUnixNano - span.startTimeUnixNano) / 1e6
}

async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(request)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer.replace(/Date: [^\r]*/, 'Date')
}
