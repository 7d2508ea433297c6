import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Metadata, ServerCredentials, status } from '@grpc/grpc-js'
import { GrpcTransport } from '../../src/export/transport/grpc.js'
import type { Answer, TransportSettings } from '../../src/export/transport/transport.js'
import { makeAuthority, makeCertificate, writeFiles } from '../harness/certificates.js'
import { GrpcSink, type GrpcSinkOptions } from '../harness/grpc-sink.js'
import { encodeTracesResponse } from '../harness/otlp-decode.js'
import { file } from '../harness/owner.js'
import { ForwardProxy } from '../harness/proxy.js'
import { Collector } from './collector.js'
import { settingsTo } from './settings.js'

const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const BODY = Buffer.from('a\nb')
const ACCEPTED = { kind: 'accepted', rejected: 0, message: '', status: 'OK' }
const NEVER = () => new Promise<undefined>(() => {})
const GRPC = { ':status': 200, 'content-type': 'application/grpc' }

function transportTo(t: TestContext, url: string, settings: Partial<TransportSettings> = {}): GrpcTransport {
  const transport = new GrpcTransport(settingsTo(`${url}${METHOD}`, { protocol: 'grpc', ...settings }))
  t.after(() => transport.close())
  return transport
}

/** A sink that takes any message. */
function startSink(t: TestContext, options: GrpcSinkOptions = {}): Promise<GrpcSink> {
  return GrpcSink.start(t, { respond: () => undefined, ...options })
}

interface Connection {
  readonly session: ServerHttp2Session
  /** Below HTTP/2. */
  readonly socket: Socket
}

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, connection: Connection) => void

/** A server of HTTP/2 that does what no library for gRPC would; returns its URL. */
async function startServer(t: TestContext, onStream: OnStream): Promise<string> {
  const server = createServer()
  const sessions = new Set<ServerHttp2Session>()
  const sockets: Socket[] = []
  server.prependListener('connection', (socket: Socket) => sockets.push(socket))
  server.on('session', (session) => {
    sessions.add(session)
    const connection = { session, socket: sockets.at(-1)! }
    session.on('error', () => {})
    session.on('stream', (stream, headers) => {
      stream.on('error', () => {})
      stream.resume()
      onStream(stream, headers, connection)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function succeed(stream: ServerHttp2Stream): void {
  stream.respond(GRPC, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(Buffer.alloc(5))
}

function reasonOf(answer: Answer): string {
  return answer.kind === 'accepted' ? 'accepted' : answer.reason
}

test('calls the method with the message, its time-out and its metadata', async (t) => {
  const sink = await startSink(t)
  const headers = new Map([
    ['x-key', 'k'],
    ['authorization', 'Bearer t'],
    ['connection', 'close'],
    ['te', 'gzip'],
    ['content-type', 'text/plain'],
  ])
  assert.deepEqual(await transportTo(t, sink.url, { headers }).post(BODY, 5000), ACCEPTED)
  const { body, metadata, leftMillis } = sink.requests[0]!
  assert.deepEqual(body, BODY)
  assert.deepEqual(metadata.get('x-key'), ['k'])
  assert.deepEqual(metadata.get('authorization'), ['Bearer t'])
  assert.deepEqual(metadata.get('user-agent'), ['autospan/1.2.3'])
  assert.ok(leftMillis > 0 && leftMillis <= 5001, String(leftMillis))
})

test('sends the head that gRPC asks for, and no time-out where there is no limit', async (t) => {
  let head: IncomingHttpHeaders = {}
  const url = await startServer(t, (stream, headers) => {
    head = headers
    succeed(stream)
  })
  assert.deepEqual(await transportTo(t, url).post(BODY, Number.POSITIVE_INFINITY), ACCEPTED)
  assert.deepEqual(Object.fromEntries(Object.entries(head)), {
    ':method': 'POST',
    ':scheme': 'http',
    ':authority': url.slice('http://'.length),
    ':path': METHOD,
    'user-agent': 'autospan/1.2.3',
    te: 'trailers',
    'content-type': 'application/grpc',
    'grpc-accept-encoding': 'identity',
  })
})

test('a large message and many calls go over one connection', async (t) => {
  const sessions = new Set<ServerHttp2Session>()
  const url = await startServer(t, (stream, _headers, { session }) => {
    sessions.add(session)
    stream.on('end', () => succeed(stream))
  })
  const transport = transportTo(t, url)
  for (const length of [0, 1, 65_536, 3_000_000]) {
    assert.deepEqual(await transport.post(Buffer.alloc(length), 10_000), ACCEPTED)
  }
  assert.equal(sessions.size, 1)
})

test('gzip compresses the message, and says so', async (t) => {
  const sink = await startSink(t)
  assert.deepEqual(await transportTo(t, sink.url, { compression: 'gzip' }).post(BODY, 5000), ACCEPTED)
  assert.deepEqual(sink.requests[0]?.body, BODY)
  let sent = Buffer.alloc(0)
  const url = await startServer(t, (stream, headers) => {
    assert.equal(headers['grpc-encoding'], 'gzip')
    stream.on('data', (chunk: Buffer) => {
      sent = Buffer.concat([sent, chunk])
    })
    stream.on('end', () => succeed(stream))
  })
  await transportTo(t, url, { compression: 'gzip' }).post(BODY, 5000)
  assert.deepEqual([sent[0], sent.readUInt32BE(1)], [1, sent.length - 5])
  assert.deepEqual(gunzipSync(sent.subarray(5)), BODY)
})

test('a partial success is told with its number and message', async (t) => {
  const partial = { rejectedSpans: 1, errorMessage: 'too long' }
  const sink = await startSink(t, {
    respond: () => encodeTracesResponse(partial, 'application/x-protobuf') as Uint8Array,
  })
  assert.deepEqual(await transportTo(t, sink.url).post(BODY, 5000), {
    kind: 'accepted',
    rejected: 1,
    message: 'too long',
    status: 'OK',
  })
})

for (const [code, name] of Object.entries(status).filter(([code]) => /^[1-9]/.test(code))) {
  const isRetryable = ['CANCELLED', 'DEADLINE_EXCEEDED', 'ABORTED', 'OUT_OF_RANGE', 'UNAVAILABLE', 'DATA_LOSS']
  const kind = isRetryable.includes(String(name)) ? 'failed' : 'refused'
  test(`status ${name} is ${kind}`, async (t) => {
    const sink = await startSink(t, { respond: () => ({ code: Number(code), details: 'no\nspäns' }) })
    const answer = await transportTo(t, sink.url).post(BODY, 5000)
    assert.deepEqual([answer.kind, answer.status], [kind, name])
    assert.equal(reasonOf(answer), `status ${name}: no späns`)
  })
}

/** `google.rpc.Status` with a detail of type `name`, and in it a delay; all lengths below 128. */
function statusWith(name: string, seconds: number, nanos: readonly number[]): Buffer {
  const field = (tag: number, bytes: Uint8Array) => Buffer.concat([Buffer.from([tag, bytes.length]), bytes])
  const duration = Buffer.from([0x08, seconds, ...(nanos.length === 0 ? [] : [0x10, ...nanos])])
  const any = Buffer.concat([
    field(0x0a, Buffer.from(`type.googleapis.com/${name}`)),
    field(0x12, field(0x0a, duration)),
  ])
  return Buffer.concat([Buffer.from([0x08, 14]), field(0x12, Buffer.from('busy')), field(0x1a, any)])
}

for (const [what, code, details, expected] of [
  ['RESOURCE_EXHAUSTED with a delay', status.RESOURCE_EXHAUSTED, statusWith('google.rpc.RetryInfo', 7, []), 7000],
  // 500 ms are 500,000,000 ns: 80 ca b5 ee 01 as a varint.
  [
    'UNAVAILABLE with a delay',
    status.UNAVAILABLE,
    statusWith('google.rpc.RetryInfo', 1, [0x80, 0xca, 0xb5, 0xee, 0x01]),
    1500,
  ],
  ['UNAVAILABLE with another detail', status.UNAVAILABLE, statusWith('google.rpc.Help', 7, []), undefined],
  ['UNAVAILABLE with nonsense', status.UNAVAILABLE, Buffer.from([0x1a, 0x7f]), undefined],
] as const) {
  test(`status ${what} is worth another attempt, then`, async (t) => {
    const metadata = new Metadata()
    metadata.set('grpc-status-details-bin', details)
    const sink = await startSink(t, { respond: () => ({ code, details: 'busy', metadata }) })
    const answer = await transportTo(t, sink.url).post(BODY, 5000)
    assert.deepEqual(answer, {
      kind: 'failed',
      reason: `status ${status[code]}: busy`,
      reached: true,
      waitMillis: expected,
      status: status[code],
    })
  })
}

const NOT_GRPC = 'the answer is not gRPC but HTTP of status'

for (const [what, respond, kind, name, reason] of [
  [
    'trailers only',
    { 'grpc-status': '3', 'grpc-message': 'no%20spans' },
    'refused',
    'INVALID_ARGUMENT',
    'status INVALID_ARGUMENT: no spans',
  ],
  ['a status that nobody knows', { 'grpc-status': '99' }, 'refused', 'UNKNOWN', 'status UNKNOWN'],
  ['a gateway that finds nobody', { ':status': 503 }, 'failed', 'UNAVAILABLE', `${NOT_GRPC} 503`],
  ['a gateway that lets nobody in', { ':status': 401 }, 'refused', 'UNAUTHENTICATED', `${NOT_GRPC} 401`],
  ['a page', { ':status': 200, 'content-type': 'text/html' }, 'refused', 'UNKNOWN', `${NOT_GRPC} 200`],
] as const) {
  test(`an answer of ${what} is ${kind}`, async (t) => {
    const url = await startServer(t, (stream) => stream.respond({ ...GRPC, ...respond }, { endStream: true }))
    const answer = await transportTo(t, url).post(BODY, 5000)
    assert.deepEqual([answer.kind, answer.status, reasonOf(answer)], [kind, name, reason])
  })
}

test('an answer without a status is a failure', async (t) => {
  const url = await startServer(t, (stream) => {
    stream.respond(GRPC)
    stream.end(Buffer.alloc(5))
  })
  assert.equal((await transportTo(t, url).post(BODY, 5000)).kind, 'failed')
})

test('an answer of more than 4 MiB is final and not read', async (t) => {
  const url = await startServer(t, (stream) => {
    stream.respond(GRPC)
    stream.end(Buffer.alloc(5 * 1024 * 1024))
  })
  const answer = await transportTo(t, url).post(BODY, 5000)
  assert.deepEqual(answer, { kind: 'refused', reason: 'an answer of more than 4194304 bytes' })
})

for (const [what, cut] of [
  ['a stream that is reset', (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)],
  ['a stream that is refused', (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM)],
  ['a connection that is cut', (_stream, _headers, { socket }) => socket.destroy()],
  [
    'a good-bye in anger',
    (_stream, _headers, { session }) => session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM),
  ],
  [
    'an answer that is cut off',
    (stream, _headers, { socket }) => {
      stream.respond(GRPC)
      stream.write('x', () => socket.destroy())
    },
  ],
] satisfies [string, OnStream][]) {
  test(`${what} is a failure, and the next call goes over another connection`, async (t) => {
    let calls = 0
    const url = await startServer(t, (stream, headers, connection) => {
      if (calls++ === 0) cut(stream, headers, connection)
      else succeed(stream)
    })
    const transport = transportTo(t, url)
    const answer = await transport.post(BODY, 5000)
    assert.equal(answer.kind, 'failed')
    assert.equal(answer.kind === 'failed' && answer.reached, true)
    assert.deepEqual(await transport.post(BODY, 5000), ACCEPTED)
  })
}

for (const [what, leave] of [
  ['said good-bye', ({ session }) => session.goaway()],
  ['closed', ({ session }) => session.close()],
  ['cut the connection', ({ socket }) => socket.destroy()],
] satisfies [string, (connection: Connection) => void][]) {
  test(`a server that ${what} while the connection was idle costs no attempt`, async (t) => {
    const connections: Connection[] = []
    const url = await startServer(t, (stream, _headers, connection) => {
      connections.push(connection)
      succeed(stream)
    })
    const transport = transportTo(t, url)
    assert.deepEqual(await transport.post(BODY, 5000), ACCEPTED)
    leave(connections[0]!)
    assert.deepEqual(await transport.post(BODY, 5000), ACCEPTED)
    assert.equal(new Set(connections).size, 2)
  })
}

test('a good-bye during a call lets that be answered', async (t) => {
  const sessions = new Set<ServerHttp2Session>()
  const url = await startServer(t, (stream, _headers, { session }) => {
    sessions.add(session)
    session.goaway()
    setImmediate(succeed, stream)
  })
  const transport = transportTo(t, url)
  for (let i = 0; i < 2; i++) assert.deepEqual(await transport.post(BODY, 5000), ACCEPTED)
  assert.equal(sessions.size, 2)
})

test('a server that restarts is found again', async (t) => {
  const first = await startSink(t)
  const transport = transportTo(t, first.url)
  assert.deepEqual(await transport.post(BODY, 5000), ACCEPTED)
  first.close()
  assert.equal((await transport.post(BODY, 5000)).kind, 'failed')
  await startSink(t, { address: `127.0.0.1:${first.port}` })
  assert.deepEqual(await transport.post(BODY, 5000), ACCEPTED)
})

test('a server that never answers costs the time allowed, and its connection', async (t) => {
  const sink = await startSink(t, { respond: (index) => (index === 0 ? NEVER() : undefined) })
  const transport = transportTo(t, sink.url)
  assert.equal(reasonOf(await transport.post(BODY, 200)), 'no answer within 200 ms')
  assert.deepEqual(await transport.post(BODY, 5000), ACCEPTED)
})

test('a server that reads nothing costs the time allowed, too', async (t) => {
  const server = createTcpServer((socket: Socket) => socket.on('error', () => {}).pause()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const transport = transportTo(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  assert.equal(reasonOf(await transport.post(Buffer.alloc(3_000_000), 200)), 'no answer within 200 ms')
})

test('a port for OTLP over HTTP is a failure with a hint', async (t) => {
  const collector = await Collector.listen()
  t.after(() => collector.close())
  const answer = await transportTo(t, collector.url.origin).post(BODY, 5000)
  assert.match(reasonOf(answer), /not HTTP\/2, perhaps the port is for OTLP over HTTP|connection closed/)
})

test('nobody there is a failure that nobody has seen', async (t) => {
  const answer = await transportTo(t, (await Collector.nowhere()).origin).post(BODY, 5000)
  assert.deepEqual(answer, {
    kind: 'failed',
    reason: 'connection refused (ECONNREFUSED)',
    reached: false,
    waitMillis: undefined,
    obstacle: 'ECONNREFUSED',
  })
})

const authority = makeAuthority('authority')
const certificate = makeCertificate(['127.0.0.1', 'collector.test'], authority)
const client = makeCertificate(['client'], authority)
const files = writeFiles(file, { ca: authority.cert, cert: client.cert, key: client.key })
const tls = { authorities: files.ca, clientCertificate: files.cert, clientKey: files.key }
const pair = { cert_chain: Buffer.from(certificate.cert), private_key: Buffer.from(certificate.key) }

function secure(): ServerCredentials {
  return ServerCredentials.createSsl(Buffer.from(authority.cert), [pair], true)
}

test('speaks TLS where the scheme says so, with a certificate of its own', async (t) => {
  const sink = await startSink(t, { credentials: secure() })
  const url = sink.url.replace('http:', 'https:')
  const transport = transportTo(t, url, { tls })
  for (let i = 0; i < 2; i++) assert.deepEqual(await transport.post(BODY, 5000), ACCEPTED)
  const { ca } = writeFiles(t, { ca: makeAuthority('stranger').cert })
  const strange = { ...tls, authorities: ca }
  assert.match(reasonOf(await transportTo(t, url, { tls: strange }).post(BODY, 5000)), /^TLS certificate/)
})

test('a server without TLS is a failure that says so where TLS is wanted', async (t) => {
  const sink = await startSink(t)
  const answer = await transportTo(t, sink.url.replace('http:', 'https:'), { tls }).post(BODY, 5000)
  assert.match(reasonOf(answer), /perhaps the server speaks no TLS/)
})

for (const scheme of ['http', 'https']) {
  test(`goes through a proxy by ${scheme}`, async (t) => {
    const sink = await startSink(t, scheme === 'https' ? { credentials: secure() } : {})
    const proxy = await ForwardProxy.start(t, { authorization: 'Basic x', port: sink.port })
    const { port, url: name } = proxy
    const settings = { tls, proxy: { host: '127.0.0.1', port, secure: false, authorization: 'Basic x', name } }
    const transport = transportTo(t, `${scheme}://collector.test:4317`, settings)
    for (let i = 0; i < 2; i++) assert.deepEqual(await transport.post(BODY, 5000), ACCEPTED)
    assert.deepEqual(proxy.asked, ['CONNECT collector.test:4317'])
  })
}

test('close ends the call under way, and there is no other', async (t) => {
  const sink = await startSink(t, { respond: NEVER })
  const transport = transportTo(t, sink.url)
  const pending = transport.post(BODY, Number.POSITIVE_INFINITY)
  await sink.requested(1)
  transport.close()
  assert.equal((await pending).kind, 'failed')
  assert.equal((await transport.post(BODY, 1000)).kind, 'failed')
  assert.equal(sink.requests.length, 1)
})

test('a header that HTTP does not take is final and not printed', async (t) => {
  const headers = new Map([['x-key', 'sec\nret']])
  const answer = await transportTo(t, (await Collector.nowhere()).origin, { headers }).post(BODY, 1000)
  assert.equal(answer.kind, 'refused')
  assert.doesNotMatch(JSON.stringify(answer), /sec/)
})
