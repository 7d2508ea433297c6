import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  createServer,
  getDefaultAutoSelectFamily,
  isIP,
  type NetConnectOpts,
  Socket,
  setDefaultAutoSelectFamily,
} from 'node:net'
import { afterEach, test } from 'node:test'
import type { Compression } from '../../src/config/config.js'
import { isSuppressed, ROOT_CONTEXT } from '../../src/context/context.js'
import { activeContext, runIn } from '../../src/context/manager.js'
import { HttpTransport } from '../../src/export/transport/http.js'
import type { Answer } from '../../src/export/transport/transport.js'

import { blackHole } from '../harness/black-hole.js'
import { Collector, type Handler, inTurn, partialSuccess, requestOf, status } from './collector.js'

import { settingsTo } from './settings.js'

const BODY = requestOf('a', 'b')
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function collect(handler?: Handler): Promise<Collector> {
  const collector = await Collector.listen(handler)
  cleanups.push(() => collector.close())
  return collector
}

function transportTo(url: URL, headers: Record<string, string> = {}, compression: Compression = 'none'): HttpTransport {
  const transport = new HttpTransport(settingsTo(url, { headers: new Map(Object.entries(headers)), compression }))
  cleanups.push(() => transport.close())
  return transport
}

function post(url: URL, timeoutMillis = Number.POSITIVE_INFINITY): Promise<Answer> {
  return transportTo(url).post(BODY, timeoutMillis)
}

test('posts the body with its headers', async () => {
  const collector = await collect()
  const url = new URL(`${collector.url}?a=b`)
  const headers = { 'x-key': 'k', 'content-type': 'text/plain', 'content-length': '99' }
  const answer = await transportTo(url, headers).post(BODY, 5000)
  assert.deepEqual(answer, { kind: 'accepted', rejected: 0, message: '', status: 200 })
  const request = collector.requests[0]!
  assert.equal(`${request.method} ${request.path}`, 'POST /v1/traces?a=b')
  assert.deepEqual(request.ids, ['a', 'b'])
  assert.equal(request.headers['content-type'], 'application/x-protobuf')
  assert.equal(request.headers['content-length'], String(BODY.length))
  assert.equal(request.headers['user-agent'], 'autospan/1.2.3')
  assert.equal(request.headers['x-key'], 'k')
  assert.equal(request.headers['content-encoding'], undefined)
  assert.equal(request.headers.traceparent, undefined)
})

test('credentials of the URL become basic authentication and are never printed', async () => {
  const collector = await collect(status(401))
  const url = new URL(collector.url)
  url.username = 'me'
  url.password = 'secret'
  const transport = transportTo(url)
  const answer = await transport.post(BODY, 5000)
  assert.equal(collector.requests[0]?.headers.authorization, `Basic ${btoa('me:secret')}`)
  assert.doesNotMatch(transport.destination + JSON.stringify(answer), /secret/)
})

test('credentials in which a % begins no code are sent as they stand', async () => {
  const collector = await collect(status(200))
  const url = new URL(collector.url.href.replace('//', '//me:50%@'))
  await transportTo(url).post(BODY, 5000)
  assert.equal(collector.requests[0]?.headers.authorization, `Basic ${btoa('me:50%')}`)
})

test('a gzip body is readable and made once for all attempts', async () => {
  const collector = await collect(inTurn(status(503), status(200)))
  const transport = transportTo(collector.url, {}, 'gzip')
  assert.equal((await transport.post(BODY, 5000)).kind, 'failed')
  assert.equal((await transport.post(BODY, 5000)).kind, 'accepted')
  const [first, second] = collector.requests
  assert.equal(first?.headers['content-encoding'], 'gzip')
  assert.deepEqual(first?.ids, ['a', 'b'])
  assert.deepEqual(first?.rawBody, second?.rawBody)
})

test('consecutive requests use one connection', async () => {
  const collector = await collect()
  const transport = transportTo(collector.url)
  for (let i = 0; i < 3; i++) await transport.post(BODY, 5000)
  assert.equal(new Set(collector.requests.map((request) => request.socket)).size, 1)
})

/** Has all names mean these addresses. */
function nameAll(addresses: readonly string[]): void {
  const net = process.getBuiltinModule('node:net')
  const { connect } = net
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  net.connect = ((options: NetConnectOpts) => {
    return connect({ ...options, lookup: (_name, _options, callback) => callback(null, found) } as NetConnectOpts)
  }) as typeof connect
  cleanups.push(() => {
    net.connect = connect
  })
}

for (const isSelected of [true, false]) {
  test(`of the addresses of a name the one that answers is used, ${isSelected ? 'as' : 'though not'} by the program itself`, async () => {
    const collector = await collect()
    const selected = getDefaultAutoSelectFamily()
    setDefaultAutoSelectFamily(isSelected)
    cleanups.push(() => setDefaultAutoSelectFamily(selected))
    nameAll(['::1', '127.0.0.2', '127.0.0.1'])
    const transport = transportTo(new URL(`http://several.test:${collector.url.port}/v1/traces`))
    for (let i = 0; i < 2; i++) assert.equal((await transport.post(BODY, 5000)).kind, 'accepted')
    assert.equal(new Set(collector.requests.map((request) => request.socket)).size, 1)
  })
}

test('an address of a name may be far away: it has half a second before the next one is tried', async (t) => {
  const port = await blackHole(t)
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
  }).listen(port, '127.0.0.2')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  nameAll(['127.0.0.1', '127.0.0.2'])
  const start = performance.now()
  assert.equal((await post(new URL(`http://several.test:${port}/v1/traces`), 5000)).kind, 'accepted')
  assert.ok(performance.now() - start >= 499)
})

test('a connection that the server closed while it was idle costs no attempt', async () => {
  const collector = await collect()
  const transport = transportTo(collector.url)
  await transport.post(BODY, 5000)
  const { socket } = collector.requests[0]!
  socket.resetAndDestroy()
  const answer = await transport.post(BODY, 5000)
  assert.equal(answer.kind, 'accepted')
  assert.equal(collector.requests.length, 2)
})

for (const code of [200, 202, 204, 299]) {
  test(`status ${code} is a success`, async () => {
    const collector = await collect(status(code))
    assert.deepEqual(await post(collector.url), { kind: 'accepted', rejected: 0, message: '', status: code })
  })
}

for (const code of [429, 502, 503, 504]) {
  test(`status ${code} is worth another attempt`, async () => {
    const collector = await collect(status(code))
    const answer = await post(collector.url)
    assert.equal(answer.kind, 'failed')
    assert.match(answer.kind === 'failed' ? answer.reason : '', new RegExp(`^status ${code} [A-Z]`))
    const expected = { kind: 'failed', reason: '', reached: true, waitMillis: undefined, status: code }
    assert.deepEqual({ ...answer, reason: '' }, expected)
  })
}

for (const code of [
  300, 301, 302, 307, 308, 400, 401, 403, 404, 405, 408, 413, 415, 422, 428, 431, 500, 501, 505, 511,
]) {
  test(`status ${code} is final`, async () => {
    const collector = await collect(status(code, { location: '/elsewhere' }))
    assert.equal((await post(collector.url)).kind, 'refused')
    assert.equal(collector.requests.length, 1)
  })
}

test('Retry-After comes through, as seconds and as a date', async () => {
  const date = new Date(Date.now() + 60_000).toUTCString()
  const collector = await collect(inTurn(status(503, { 'retry-after': '7' }), status(429, { 'retry-after': date })))
  const transport = transportTo(collector.url)
  const seconds = await transport.post(BODY, 5000)
  assert.equal(seconds.kind === 'failed' && seconds.waitMillis, 7000)
  const dated = await transport.post(BODY, 5000)
  const millis = dated.kind === 'failed' ? (dated.waitMillis ?? 0) : 0
  assert.ok(millis > 50_000 && millis <= 60_000, String(millis))
})

test('where a server redirects to is told, without secrets, for nothing is sent there', async () => {
  const location = 'https://user:s3cret@gateway.example/v1/traces?token=s3cret'
  const collector = await collect(status(308, { location, 'content-type': 'text/plain' }, 'moved'))
  assert.deepEqual(await post(collector.url), {
    kind: 'refused',
    reason:
      'status 308 Permanent Redirect: that is at https://gateway.example/v1/traces, which the endpoint has to lead to',
    status: 308,
  })
  assert.equal(collector.requests.length, 1)
})

test('the message of the server is told, on one line', async () => {
  const collector = await collect(status(400, { 'content-type': 'text/plain; charset=utf-8' }, 'no\nsuch tenant'))
  assert.deepEqual(await post(collector.url), {
    kind: 'refused',
    culprit: 'content',
    reason: 'status 400 Bad Request: no such tenant',
    status: 400,
  })
})

test('a Status body is decoded', async () => {
  const message = 'bad span'
  const protobuf = Buffer.concat([Buffer.from([0x08, 3, 0x12, message.length]), Buffer.from(message)])
  const json = JSON.stringify({ code: 3, message })
  for (const [contentType, body] of [
    ['application/x-protobuf', protobuf],
    ['application/json', json],
  ] as const) {
    const collector = await collect(status(400, { 'content-type': contentType }, body))
    assert.deepEqual(await post(collector.url), {
      kind: 'refused',
      culprit: 'content',
      reason: 'status 400 Bad Request: bad span',
      status: 400,
    })
  }
})

test('a partial success is told with its number and message', async () => {
  const headers = { 'content-type': 'application/x-protobuf' }
  const collector = await collect(status(200, headers, partialSuccess(1, 'too long')))
  assert.deepEqual(await post(collector.url), { kind: 'accepted', rejected: 1, message: 'too long', status: 200 })
})

test('a success stands though its body is cut off', async () => {
  const collector = await collect((response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('x', () => response.socket?.resetAndDestroy())
  })
  assert.deepEqual(await post(collector.url), { kind: 'accepted', rejected: 0, message: '', status: 200 })
})

test('a success stands though its body never ends', async () => {
  const collector = await collect((response) => {
    response.writeHead(200, { 'content-length': 100 }).flushHeaders()
  })
  assert.deepEqual(await post(collector.url, 300), { kind: 'accepted', rejected: 0, message: '', status: 200 })
})

for (const [what, rest] of [
  ['a folded header', 'x-a: a\r\n b\r\ncontent-length: 0\r\n\r\n'],
  ['a header that holds a control character', 'x-a: a\x01\r\ncontent-length: 0\r\n\r\n'],
  ['two lengths', 'content-length: 0\r\ncontent-length: 2\r\n\r\n'],
  ['a length and chunks', 'content-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
] as const) {
  test(`a success stands though its answer has ${what}`, async () => {
    const collector = await collect((response) => response.socket?.write(`HTTP/1.1 200 OK\r\n${rest}`))
    assert.deepEqual(await post(collector.url), { kind: 'accepted', rejected: 0, message: '', status: 200 })
  })
}

test('a retryable status stands though its body is cut off', async () => {
  const collector = await collect((response) => {
    response.writeHead(503, { 'content-length': 100, 'retry-after': '2' })
    response.write('x', () => response.socket?.resetAndDestroy())
  })
  const answer = await post(collector.url)
  assert.equal(answer.kind === 'failed' && answer.waitMillis, 2000)
})

test('an answer of more than 4 MiB is final and not read', async () => {
  const collector = await collect((response) => {
    response.writeHead(200)
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  })
  assert.deepEqual(await post(collector.url), { kind: 'refused', reason: 'an answer of more than 4194304 bytes' })
})

test('a connection refused is a failure that nobody has seen', async () => {
  assert.deepEqual(await post(await Collector.nowhere()), {
    kind: 'failed',
    reason: 'connection refused (ECONNREFUSED)',
    reached: false,
    waitMillis: undefined,
    obstacle: 'ECONNREFUSED',
  })
})

test('a host name that does not exist is a failure', async (t) => {
  // Where nothing else is to be done, the process does not wait for a slow resolver.
  const busy = setInterval(() => {}, 1000)
  t.after(() => clearInterval(busy))
  const answer = await post(new URL('http://collector.invalid:4318/v1/traces'), 30_000)
  assert.match(answer.kind === 'failed' ? answer.reason : answer.kind, /\((ENOTFOUND|EAI_AGAIN)\)$/)
})

test('a reset before the answer is a failure', async () => {
  const collector = await collect((response) => response.socket?.resetAndDestroy())
  const answer = await post(collector.url)
  const expected = { kind: 'failed', reason: '', reached: true, waitMillis: undefined, obstacle: 'ECONNRESET' }
  assert.deepEqual({ ...answer, reason: '' }, expected)
})

test('a connection closed without an answer is a failure', async () => {
  const collector = await collect((response) => response.socket?.end())
  assert.equal((await post(collector.url)).kind, 'failed')
})

test('a server that never answers costs the time allowed and no more', async () => {
  const collector = await collect(() => {})
  const start = performance.now()
  const answer = await post(collector.url, 100)
  assert.ok(performance.now() - start >= 99)
  assert.equal(answer.kind === 'failed' && answer.reason, 'no answer within 100 ms')
  assert.equal(answer.kind === 'failed' && answer.obstacle, 'timeout')
})

test('an answer that comes byte by byte is read to its end', async () => {
  const headers = { 'content-type': 'application/x-protobuf' }
  const body = partialSuccess(1, 'too long')
  const collector = await collect((response) => {
    response.writeHead(200, { ...headers, 'content-length': body.length }).flushHeaders()
    const next = (at: number) => {
      if (at < body.length) response.write(body.subarray(at, at + 1), () => setImmediate(next, at + 1))
      else response.end()
    }
    next(0)
  })
  assert.deepEqual(await post(collector.url), { kind: 'accepted', rejected: 1, message: 'too long', status: 200 })
})

test('a server that answers before it has read, and closes, has answered', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  const { port } = server.address() as { port: number }
  const transport = transportTo(new URL(`http://127.0.0.1:${port}/`))
  const answer = await transport.post(Buffer.alloc(100_000), 5000)
  assert.deepEqual(answer, { kind: 'refused', reason: 'status 413 Too Large', culprit: 'size', status: 413 })
})

test('a server that reads nothing costs the time allowed and no more', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).pause())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  const { port } = server.address() as { port: number }
  const transport = transportTo(new URL(`http://127.0.0.1:${port}/`))
  const answer = await transport.post(Buffer.alloc(20_000_000), 300)
  assert.equal(answer.kind === 'failed' && answer.reason, 'no answer within 300 ms')
})

test('a server that restarts is found again', async () => {
  // While it is away there is nothing else that would keep the test's own process alive.
  const alive = setInterval(() => {}, 1000)
  cleanups.push(() => clearInterval(alive))
  const first = await collect()
  const transport = transportTo(first.url)
  assert.equal((await transport.post(BODY, 5000)).kind, 'accepted')
  await first.close()
  const away = await transport.post(BODY, 5000)
  assert.equal(away.kind === 'failed' && away.reached, false)
  const second = await Collector.listen(undefined, Number(first.url.port))
  cleanups.push(() => second.close())
  assert.equal((await transport.post(BODY, 5000)).kind, 'accepted')
})

test('a server that speaks something else is a failure, with a hint', async () => {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.end(Buffer.from('\x00\x00\x18\x04\x00\x00\x00\x00\x00', 'latin1'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  const { port } = server.address() as { port: number }
  const answer = await post(new URL(`http://127.0.0.1:${port}/v1/traces`))
  assert.match(answer.kind === 'failed' ? answer.reason : answer.kind, /perhaps it is a gRPC port/)
})

test('a header that HTTP does not take is final and not printed', async () => {
  const answer = await transportTo(await Collector.nowhere(), { 'x-key': 'sec\nret' }).post(BODY, 1000)
  assert.equal(answer.kind, 'refused')
  assert.doesNotMatch(JSON.stringify(answer), /sec/)
})

test('no context of the program is active in the connection, and the caller keeps its own', async () => {
  const collector = await collect()
  const transport = transportTo(collector.url)
  const key = Symbol('program')
  const seen: unknown[] = []
  const { emit } = Socket.prototype
  Socket.prototype.emit = function (this: Socket, ...args: Parameters<typeof emit>) {
    // The collector's own sockets are in this process, too.
    if (this.remotePort === Number(collector.url.port))
      seen.push(isSuppressed(activeContext()), activeContext().getValue(key))
    return emit.apply(this, args)
  } as typeof emit
  cleanups.push(() => {
    Socket.prototype.emit = emit
  })
  await runIn(
    ROOT_CONTEXT.setValue(key, 'leak'),
    async () => {
      for (let i = 0; i < 2; i++) await transport.post(BODY, 5000)
      assert.equal(activeContext().getValue(key), 'leak')
    },
    undefined,
  )
  assert.ok(seen.length > 4)
  assert.deepEqual(new Set(seen), new Set([true, undefined]))
})

test('close ends the attempt under way, and there is no other', async () => {
  const collector = await collect(() => {})
  const transport = transportTo(collector.url)
  const pending = transport.post(BODY, Number.POSITIVE_INFINITY)
  await collector.requested(1)
  transport.close()
  assert.equal((await pending).kind, 'failed')
  assert.equal((await transport.post(BODY, 1000)).kind, 'failed')
  assert.equal(collector.requests.length, 1)
})
