import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { ServerCredentials } from '@grpc/grpc-js'
import { lineOfNode } from '../cost/node.js'
import { makeAuthority, makeCertificate, writeFiles } from '../harness/certificates.js'
import { temporaryFolder } from '../harness/folder.js'
import { GrpcSink, type GrpcSinkOptions } from '../harness/grpc-sink.js'
import { atEnd, file, type Owner } from '../harness/owner.js'
import { launch, run } from '../harness/program.js'
import { ForwardProxy } from '../harness/proxy.js'
import { startSink } from '../harness/sink.js'
import { assertLikeBare, said } from './bare.js'

const authority = makeAuthority('authority')
const certificate = makeCertificate(['127.0.0.1', 'collector.test'], authority)
const client = makeCertificate(['client'], authority)
const files = writeFiles(file, { ca: authority.cert, cert: client.cert, key: client.key })
const CERTIFICATE = { OTEL_EXPORTER_OTLP_CERTIFICATE: files.ca }
const PAIR = { cert_chain: Buffer.from(certificate.cert), private_key: Buffer.from(certificate.key) }
const BASIC = `Basic ${btoa('me:secret')}`

const SOCKET = socketPath(file)

type Env = Record<string, string>

/** Each makes a way to a sink, and returns the variables by which a program finds it. */
const WAYS: Readonly<Record<string, (owner: Owner, port: number) => Promise<Env>>> = {
  'TLS with a client certificate': async (owner, port) => ({
    ...CERTIFICATE,
    OTEL_EXPORTER_OTLP_ENDPOINT: await encrypting(owner, port),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: files.cert,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: files.key,
  }),
  'TLS with an authority that Node.js has been told of': async (owner, port) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: await encrypting(owner, port, false),
    NODE_EXTRA_CA_CERTS: files.ca,
  }),
  'TLS with certificates that Node.js is told not to look at': async (owner, port) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: await encrypting(owner, port, false),
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    // Of that very setting.
    NODE_NO_WARNINGS: '1',
  }),
  // Older lines ask the system for all threads at once, or not at all.
  ...(lineOfNode() >= 24 && {
    'TLS with an authority of the system': async (owner: Owner, port: number) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: await encrypting(owner, port, false),
      SSL_CERT_FILE: files.ca,
      NODE_OPTIONS: '--use-system-ca',
    }),
  }),
  'a unix socket': async (owner, port) => {
    const path = socketPath(owner)
    await leading(owner, port, createServer(), path)
    return { OTEL_EXPORTER_OTLP_ENDPOINT: `unix:${path}` }
  },
  'a proxy': async (owner, port) => {
    const proxy = await ForwardProxy.start(owner, { authorization: BASIC, port })
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.test:4318',
      HTTP_PROXY: proxy.url.replace('//', '//me:secret@'),
    }
  },
  'a proxy and TLS': async (owner, port) => {
    const { port: inner } = new URL(await encrypting(owner, port, false))
    const proxy = await ForwardProxy.start(owner, { authorization: BASIC, port: Number(inner) })
    return {
      ...CERTIFICATE,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.test',
      https_proxy: proxy.url.replace('//', '//me:secret@'),
    }
  },
}

const DOORS = ['the empty event loop', 'process.exit()', 'an error that is thrown']

for (const [what, open] of Object.entries(WAYS)) {
  for (const DOOR of DOORS) {
    test(`by ${DOOR} all spans are delivered through ${what}`, async (t) => {
      const sink = await startSink(t)
      const env = await open(t, sink.port)
      await assertLikeBare('exit/leave.mjs', { DOOR, ...env })
      assert.equal((await sink.spans(2)).length, 2)
    })
  }
}

/** The same for gRPC: how a sink is started, and the variables by which a program finds it. */
const GRPC_WAYS: Readonly<Record<string, readonly [GrpcSinkOptions, (owner: Owner, sink: GrpcSink) => Promise<Env>]>> =
  {
    gRPC: [{}, async (_owner, sink) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })],
    'gRPC without a scheme': [
      {},
      async (_owner, { port }) => ({
        OTEL_EXPORTER_OTLP_ENDPOINT: `127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_INSECURE: 'true',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      }),
    ],
    'gRPC with TLS': [
      { credentials: ServerCredentials.createSsl(Buffer.from(authority.cert), [PAIR], true) },
      async (_owner, { port }) => ({
        ...CERTIFICATE,
        OTEL_EXPORTER_OTLP_ENDPOINT: `127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: files.cert,
        OTEL_EXPORTER_OTLP_CLIENT_KEY: files.key,
      }),
    ],
    'gRPC and a proxy': [
      {},
      async (owner, { port }) => {
        const proxy = await ForwardProxy.start(owner, { port })
        return { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.test:4317', http_proxy: proxy.url }
      },
    ],
    'gRPC on a unix socket': [
      { address: `unix:${SOCKET}` },
      async () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: `unix:${SOCKET}` }),
    ],
  }

for (const [what, [options, open]] of Object.entries(GRPC_WAYS)) {
  for (const DOOR of DOORS) {
    test(`by ${DOOR} all spans are delivered by ${what}`, async (t) => {
      const sink = await GrpcSink.start(t, options)
      const env = await open(t, sink)
      await assertLikeBare('exit/leave.mjs', { DOOR, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', ...env })
      assert.equal(sink.delivered.length, 2)
    })
  }
}

// What the answer is nobody can look for there, without an event loop: what has left in full counts as delivered.
for (const way of ['TLS', 'gRPC']) {
  test(`a batch that is under way by ${way} at process.exit() is delivered once`, async (t) => {
    let atDoor = () => {}
    const respond = () => new Promise<undefined>((resolve) => (atDoor = () => resolve(undefined)))
    const grpc = way === 'gRPC' ? await GrpcSink.start(t, { respond }) : undefined
    const sink = await startSink(t, { respond })
    const env: Env =
      grpc === undefined
        ? { ...CERTIFICATE, OTEL_EXPORTER_OTLP_ENDPOINT: await encrypting(t, sink.port, false) }
        : { OTEL_EXPORTER_OTLP_ENDPOINT: grpc.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
    const program = launch(t, 'exit/under-way.mjs', { env: { ...env, OTEL_BSP_SCHEDULE_DELAY: '0' } })
    await (grpc?.requested(1) ?? sink.until(() => sink.requests.length === 1, 'the batch under way'))
    program.signal('SIGUSR2')
    await program.printed(/at the door/)
    atDoor()
    const outcome = await program.end(5000)
    assert.equal(outcome.code, 3)
    assert.deepEqual(said(outcome).slice(1), [])
    assert.equal((grpc ?? sink).requests.length, 1)
  })
}

for (const [way, protocol] of [
  ['TLS', 'http/protobuf'],
  ['gRPC', 'grpc'],
] as const) {
  test(`by process.exit() a collector that never answers by ${way} costs the bound, and one line`, async (t) => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    t.after(() => silent.close())
    const { port } = silent.address() as { port: number }
    const endpoint = `${way === 'TLS' ? 'https' : 'http'}://127.0.0.1:${port}`
    const env = {
      DOOR: 'process.exit()',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      AUTOSPAN_EXIT_TIMEOUT: '500',
    }
    const outcome = await run('exit/leave.mjs', { env })
    assert.equal(outcome.code, 3)
    const lines = said(outcome).slice(1)
    assert.equal(lines.length, 1, lines.join('\n'))
    assert.ok(lines[0]?.startsWith(`autospan: lost 2 spans, not delivered to ${endpoint}`), lines[0])
    assert.match(lines[0]!, /no answer within 500 ms$/)
  })
}

function socketPath(owner: Owner): string {
  const folder = temporaryFolder(owner)
  return join(folder, 'c.sock')
}

/** @returns the URL of a server that takes TLS off, and asks for a certificate of the client's if it `asks` */
async function encrypting(owner: Owner, port: number, asks = true): Promise<string> {
  const asking = asks ? { requestCert: true, ca: authority.cert } : {}
  const server = createTlsServer({ ...certificate, ...asking })
  await leading(owner, port, server, 0)
  const { port: own } = server.address() as { port: number }
  return `https://127.0.0.1:${own}`
}

/** Has a server lead each of its connections on to `port`. */
async function leading(
  owner: Owner,
  port: number,
  server: ReturnType<typeof createServer>,
  own: number | string,
): Promise<void> {
  const sockets = new Set<Socket>()
  server.on('secureConnection', lead)
  if (!('setSecureContext' in server)) server.on('connection', lead)
  function lead(socket: Socket): void {
    const inner = connect(port, '127.0.0.1')
    for (const one of [socket, inner]) sockets.add(one.on('error', () => one.destroy()))
    socket.pipe(inner).pipe(socket)
    socket.on('close', () => inner.destroy())
  }
  if (typeof own === 'string') server.listen(own)
  else server.listen(own, '127.0.0.1')
  await once(server, 'listening')
  atEnd(owner, async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
}
