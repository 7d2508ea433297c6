import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer as createTcpServer } from 'node:net'
import { afterEach, test } from 'node:test'
import type { TlsOptions } from 'node:tls'
import type { TlsConfig } from '../../src/config/config.js'
import { HttpTransport } from '../../src/export/transport/http.js'
import type { Answer } from '../../src/export/transport/transport.js'
import { makeAuthority, makeCertificate, writeFiles } from '../harness/certificates.js'
import { file, owning } from '../harness/owner.js'
import { Collector, requestOf } from './collector.js'
import { settingsTo } from './settings.js'

const BODY = requestOf('a', 'b')
const authority = makeAuthority('authority')
const stranger = makeAuthority('stranger')
const server = makeCertificate(['127.0.0.1', 'localhost'], authority)
const elsewhere = makeCertificate(['elsewhere.test'], authority)
const client = makeCertificate(['client'], authority)
const imposter = makeCertificate(['client'], stranger)
const files = writeFiles(file, {
  authority: authority.cert,
  stranger: stranger.cert,
  clientCertificate: client.cert,
  clientKey: client.key,
  imposterCertificate: imposter.cert,
  imposterKey: imposter.key,
})
const NONE: TlsConfig = { authorities: undefined, clientCertificate: undefined, clientKey: undefined }
const TRUSTING: TlsConfig = { ...NONE, authorities: files.authority }
const KNOWN: TlsConfig = { ...TRUSTING, clientCertificate: files.clientCertificate, clientKey: files.clientKey }

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function collect(tls: TlsOptions = server): Promise<Collector> {
  const collector = await Collector.listen(undefined, 0, tls)
  cleanups.push(() => collector.close())
  return collector
}

function transportTo(url: URL | string, tls = TRUSTING): HttpTransport {
  const transport = new HttpTransport(settingsTo(url, { tls }))
  cleanups.push(() => transport.close())
  return transport
}

async function reasonOf(answer: Promise<Answer>): Promise<string> {
  const { kind, ...rest } = await answer
  assert.equal(kind, 'failed')
  assert.equal('reached' in rest && rest.reached, false)
  return 'reason' in rest ? rest.reason : ''
}

for (const host of ['127.0.0.1', 'localhost']) {
  test(`posts over TLS to ${host}, on one connection`, async () => {
    const collector = await collect()
    const transport = transportTo(`https://${host}:${collector.url.port}/v1/traces`)
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await transport.post(BODY, 10_000), { kind: 'accepted', rejected: 0, message: '', status: 200 })
    }
    assert.deepEqual(collector.requests[0]?.rawBody, BODY)
    assert.equal(new Set(collector.requests.map(({ socket }) => socket)).size, 1)
  })
}

test('a body of many TLS records arrives', async () => {
  const collector = await collect()
  const body = Buffer.alloc(3_000_000, 'x')
  assert.equal((await transportTo(collector.url).post(body, 10_000)).kind, 'accepted')
  assert.equal(collector.requests[0]?.rawBody.length, body.length)
})

test('an authority that is not known is refused, and said', async () => {
  const collector = await collect()
  assert.match(await reasonOf(transportTo(collector.url, NONE).post(BODY, 10_000)), /^TLS certificate .*\([A-Z_]+\)$/)
  const strange = { ...NONE, authorities: files.stranger }
  assert.match(
    await reasonOf(transportTo(collector.url, strange).post(BODY, 10_000)),
    /^TLS certificate .*\([A-Z_]+\)$/,
  )
})

test('a certificate that signs itself is refused, and said', async () => {
  const collector = await collect(makeCertificate(['127.0.0.1']))
  assert.match(await reasonOf(transportTo(collector.url).post(BODY, 10_000)), /^TLS certificate is self-signed/)
})

test('a certificate for another host is refused, and said', async () => {
  const collector = await collect(elsewhere)
  assert.match(await reasonOf(transportTo(collector.url).post(BODY, 10_000)), /^TLS certificate is for another host/)
})

test('a server that asks for a certificate gets it', async () => {
  const collector = await collect({ ...server, requestCert: true, ca: authority.cert })
  assert.equal((await transportTo(collector.url, KNOWN).post(BODY, 10_000)).kind, 'accepted')
  const { socket } = collector.requests[0]!
  assert.equal('authorized' in socket && socket.authorized, true)
})

for (const [what, tls] of [
  ['none', TRUSTING],
  ['one of a stranger', { ...TRUSTING, clientCertificate: files.imposterCertificate, clientKey: files.imposterKey }],
] as const) {
  test(`a server that asks for a certificate and gets ${what} refuses, which is said`, async () => {
    const collector = await collect({ ...server, requestCert: true, ca: authority.cert })
    const answer = await transportTo(collector.url, tls).post(BODY, 10_000)
    assert.match(answer.kind === 'failed' ? answer.reason : answer.kind, /certificate|connection closed/)
    assert.equal(collector.requests.length, 0)
  })
}

test('a key that does not belong to its certificate is said', async () => {
  const collector = await collect()
  const tls = { ...KNOWN, clientKey: files.imposterKey }
  assert.match(await reasonOf(transportTo(collector.url, tls).post(BODY, 10_000)), /key/)
})

test('files are read for each connection, and one that is gone is said', async () => {
  const collector = await collect()
  const transport = await owning(async (owner) => {
    const { changing } = writeFiles(owner, { changing: stranger.cert })
    const transport = transportTo(collector.url, { ...NONE, authorities: changing })
    assert.match(await reasonOf(transport.post(BODY, 10_000)), /TLS certificate/)
    writeFileSync(changing, authority.cert)
    assert.equal((await transport.post(BODY, 10_000)).kind, 'accepted')
    return transport
  })
  collector.requests[0]?.socket.destroy()
  assert.match(await reasonOf(transport.post(BODY, 10_000)), /changing\.pem/)
})

test('a server that speaks no TLS is a failure that says so', async () => {
  const plain = await Collector.listen()
  cleanups.push(() => plain.close())
  const url = `https://127.0.0.1:${plain.url.port}/v1/traces`
  assert.match(await reasonOf(transportTo(url).post(BODY, 10_000)), /TLS|speaks/)
})

test('a server that wants TLS and gets none is a failure that says so', async () => {
  const collector = await collect()
  const answer = await transportTo(`http://127.0.0.1:${collector.url.port}/v1/traces`).post(BODY, 10_000)
  assert.match(answer.kind === 'failed' ? answer.reason : answer.kind, /https|connection closed/)
})

test('a handshake that does not end costs the time allowed and no more', async () => {
  const silent = createTcpServer(() => {}).listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  cleanups.push(() => silent.close())
  const { port } = silent.address() as { port: number }
  const answer = transportTo(`https://127.0.0.1:${port}/v1/traces`).post(BODY, 200)
  assert.equal(await reasonOf(answer), 'no connection within 200 ms')
})
