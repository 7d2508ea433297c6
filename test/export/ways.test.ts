import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ProxyConfig } from '../../src/config/config.js'
import { HttpTransport } from '../../src/export/transport/http.js'
import type { Answer, TransportSettings } from '../../src/export/transport/transport.js'
import { makeAuthority, makeCertificate, writeFiles } from '../harness/certificates.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { ForwardProxy, type ProxyOptions } from '../harness/proxy.js'
import { Collector } from './collector.js'
import { settingsTo } from './settings.js'

const BODY = Buffer.from('a\nb')
const ACCEPTED = { kind: 'accepted', rejected: 0, message: '', status: 200 }
const authority = makeAuthority('authority')
const server = makeCertificate(['127.0.0.1', 'collector.test'], authority)
const { ca } = writeFiles(file, { ca: authority.cert })
const tls = { authorities: ca, clientCertificate: undefined, clientKey: undefined }

function transportTo(t: TestContext, url: URL | string, settings: Partial<TransportSettings> = {}): HttpTransport {
  const transport = new HttpTransport(settingsTo(url, { tls, ...settings }))
  t.after(() => transport.close())
  return transport
}

function by(proxy: ForwardProxy, authorization?: string): ProxyConfig {
  return { host: '127.0.0.1', port: proxy.port, secure: proxy.url.startsWith('https'), authorization, name: proxy.url }
}

async function collect(t: TestContext, ...args: Parameters<typeof Collector.listen>): Promise<Collector> {
  const collector = await Collector.listen(...args)
  t.after(() => collector.close())
  return collector
}

function reasonOf(answer: Answer): string {
  return answer.kind === 'accepted' ? '' : answer.reason
}

test('a proxy gets http with the whole URL, on a connection that is kept', async (t) => {
  const collector = await collect(t)
  const proxy = await ForwardProxy.start(t, { authorization: 'Basic x', port: Number(collector.url.port) })
  const transport = transportTo(t, 'http://collector.test:4318/v1/traces?a=b', { proxy: by(proxy, 'Basic x') })
  for (let i = 0; i < 2; i++) assert.deepEqual(await transport.post(BODY, 10_000), ACCEPTED)
  assert.deepEqual(
    proxy.asked,
    [...Array(2)].map(() => 'POST http://collector.test:4318/v1/traces?a=b'),
  )
  assert.equal(collector.requests[0]?.headers.host, 'collector.test:4318')
})

test('a proxy hands https through, and gets no header of it', async (t) => {
  const collector = await collect(t, undefined, 0, server)
  const proxy = await ForwardProxy.start(t, { authorization: 'Basic x', port: Number(collector.url.port) })
  const transport = transportTo(t, 'https://collector.test/v1/traces', { proxy: by(proxy, 'Basic x') })
  for (let i = 0; i < 2; i++) assert.deepEqual(await transport.post(BODY, 10_000), ACCEPTED)
  assert.deepEqual(proxy.asked, ['CONNECT collector.test:443'])
  assert.equal(collector.requests[0]?.headers['proxy-authorization'], undefined)
})

test('a proxy is itself spoken to over TLS where its URL says so', async (t) => {
  // Whom a proxy's certificate is from is Node's matter, and not the collector's: here nobody knows.
  const proxy = await ForwardProxy.start(t, { tls: server })
  const transport = transportTo(t, 'https://collector.test/v1/traces', { proxy: by(proxy) })
  assert.match(reasonOf(await transport.post(BODY, 10_000)), /^TLS certificate/)
  assert.deepEqual(proxy.asked, [])
})

const REFUSALS: readonly (readonly [string, ProxyOptions, RegExp])[] = [
  ['wants credentials', { authorization: 'Basic x' }, /status 407/],
  ['does not let through', { status: 403 }, /status 403/],
  ['finds no collector', { status: 502 }, /status 502/],
]

for (const [what, options, reason] of REFUSALS) {
  test(`a proxy that ${what} is said, with its name`, async (t) => {
    const proxy = await ForwardProxy.start(t, options)
    const answer = await transportTo(t, 'https://collector.test/v1/traces', { proxy: by(proxy) }).post(BODY, 10_000)
    assert.match(reasonOf(answer), reason)
    assert.ok(reasonOf(answer).includes(proxy.url))
    assert.equal(answer.kind === 'failed' && answer.reached, false)
  })
}

test('a proxy that nobody finds is a failure', async (t) => {
  const { port } = await Collector.nowhere()
  const proxy = { host: '127.0.0.1', port: Number(port), secure: false, authorization: undefined, name: 'http://p' }
  for (const url of ['http://collector.test/', 'https://collector.test/']) {
    assert.match(reasonOf(await transportTo(t, url, { proxy }).post(BODY, 10_000)), /^connection refused/)
  }
})

test('a unix socket serves as a host does', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'c d.sock')
  const collector = await collect(t, undefined, path)
  const transport = transportTo(t, collector.url)
  for (let i = 0; i < 2; i++) assert.deepEqual(await transport.post(BODY, 10_000), ACCEPTED)
  assert.equal(collector.requests[0]?.path, '/v1/traces')
  assert.equal(collector.requests[0]?.headers.host, 'localhost')
  assert.equal(new Set(collector.requests.map(({ socket }) => socket)).size, 1)
})

test('a unix socket that is not there is a failure that says so', async (t) => {
  const answer = await transportTo(t, 'http+unix://%2Fnowhere%2Fc.sock/v1/traces').post(BODY, 10_000)
  assert.match(reasonOf(answer), /ENOENT \/nowhere\/c\.sock/)
})
