import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { makeAuthority, makeCertificate, writeFiles } from '../harness/certificates.js'
import { atEnd, file, type Owner } from '../harness/owner.js'
import { ForwardProxy } from '../harness/proxy.js'
import { startSink } from '../harness/sink.js'
import { assertLikeBare } from './bare.js'

const authority = makeAuthority('authority')
const certificate = makeCertificate(['127.0.0.1', 'collector.test'], authority)
const client = makeCertificate(['client'], authority)
const files = writeFiles(file, { ca: authority.cert, cert: client.cert, key: client.key })
const CERTIFICATE = { OTEL_EXPORTER_OTLP_CERTIFICATE: files.ca }
const BASIC = `Basic ${btoa('me:secret')}`

/** Each makes a way to a sink, and returns the variables by which a program finds it. */
const WAYS: Readonly<Record<string, (owner: Owner, port: number) => Promise<Record<string, string>>>> = {
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
  'a unix socket': async (owner, port) => {
    const folder = mkdtempSync(join(tmpdir(), 'autospan-'))
    atEnd(owner, async () => rmSync(folder, { recursive: true }))
    const path = join(folder, 'c.sock')
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

for (const [what, open] of Object.entries(WAYS)) {
  for (const DOOR of ['the empty event loop', 'process.exit()', 'an error that is thrown']) {
    test(`by ${DOOR} all spans are delivered through ${what}`, async (t) => {
      const sink = await startSink(t)
      const env = await open(t, sink.port)
      await assertLikeBare('exit/leave.mjs', { DOOR, ...env })
      assert.equal((await sink.spans(2)).length, 2)
    })
  }
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
