import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf, reading } from './reading.js'

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT'

/** The proxy for an endpoint, as it may be printed. */
function proxyOf(endpoint: string, env: Record<string, string>): string | undefined {
  return configOf({ [ENDPOINT]: endpoint, ...env }).traces.otlp.proxy?.name
}

test('the scheme of the endpoint decides which proxy counts, and lower case wins', () => {
  for (const [endpoint, env, proxy] of [
    ['http://c', {}, undefined],
    ['http://c', { HTTP_PROXY: 'http://p' }, 'http://p'],
    ['http://c', { HTTP_PROXY: 'http://p', http_proxy: 'http://q:3128' }, 'http://q:3128'],
    ['http://c', { HTTP_PROXY: 'http://p', http_proxy: '' }, 'http://p'],
    ['http://c', { HTTPS_PROXY: 'http://p' }, undefined],
    ['https://c', { HTTPS_PROXY: 'http://p' }, 'http://p'],
    ['https://c', { HTTPS_PROXY: 'http://p', https_proxy: 'https://q' }, 'https://q'],
    ['https://c', { HTTP_PROXY: 'http://p' }, undefined],
    ['http://c', { HTTP_PROXY: 'p:3128' }, 'http://p:3128'],
    ['http://c', { HTTP_PROXY: 'http://me:secret@p' }, 'http://p'],
  ] as const) {
    assert.equal(proxyOf(endpoint, env as Record<string, string>), proxy, `${endpoint} ${JSON.stringify(env)}`)
  }
})

test('a proxy is plain data, with its credentials as a header', () => {
  const proxy = (url: string) => configOf({ [ENDPOINT]: 'http://c', HTTP_PROXY: url }).traces.otlp.proxy
  assert.deepEqual(proxy('http://me:p%40ss@p.test:3128/'), {
    host: 'p.test',
    port: 3128,
    secure: false,
    authorization: `Basic ${btoa('me:p@ss')}`,
    name: 'http://p.test:3128',
  })
  assert.deepEqual(proxy('https://[::2]'), {
    host: '::2',
    port: 443,
    secure: true,
    authorization: undefined,
    name: 'https://[::2]',
  })
})

test('the machine itself is reached without a proxy', () => {
  for (const endpoint of [
    'http://localhost:4318',
    'http://collector.localhost',
    'http://127.0.0.1:4318',
    'http://127.1.2.3',
    'http://[::1]:4318',
    'unix:/run/c.sock',
  ]) {
    assert.equal(proxyOf(endpoint, { HTTP_PROXY: 'http://p', HTTPS_PROXY: 'http://p' }), undefined, endpoint)
  }
})

for (const [endpoint, noProxy, isProxied] of [
  ['http://c.example.com', '', true],
  ['http://c.example.com', '*', false],
  ['http://c.example.com', 'c.example.com', false],
  ['http://C.Example.COM', 'c.EXAMPLE.com', false],
  ['http://c.example.com', 'example.com', false],
  ['http://c.example.com', '.example.com', false],
  ['http://c.example.com', '*.example.com', false],
  ['http://example.com', '.example.com', false],
  ['http://c.example.com', 'com', false],
  ['http://notexample.com', 'example.com', true],
  ['http://c.example.com', 'example.com.', true],
  ['http://c.example.com', 'a.test, b.test  c.example.com', false],
  ['http://c.example.com', 'a.test,,', true],
  ['http://c:4318', 'c:4318', false],
  ['http://c:4318', 'c:4319', true],
  ['http://c', 'c:80', false],
  ['http://c', 'c:443', true],
  ['https://c', 'c:443', false],
  ['http://x.c:4318', '.c:4318', false],
  ['http://10.1.2.3', '10.1.2.3', false],
  ['http://10.1.2.3', '10.1.2.3:80', false],
  ['http://10.1.2.3', '10.0.0.0/8', false],
  ['http://11.1.2.3', '10.0.0.0/8', true],
  ['http://10.1.2.3', '10.0.0.0/99', true],
  ['http://10.1.2.3', '3', true],
  ['http://c.example.com', '10.0.0.0/8', true],
  ['http://[fd00::1]', 'fd00::1', false],
  ['http://[fd00::1]', '[fd00::1]', false],
  ['http://[fd00::1]:4318', '[fd00::1]:4318', false],
  ['http://[fd00::1]:4318', '[fd00::1]:4319', true],
  ['http://[fd00::1]', 'fd00::/8', false],
  ['http://[fe80::1]', 'fd00::/8', true],
] as const) {
  test(`NO_PROXY=${JSON.stringify(noProxy)} ${isProxied ? 'lets a proxy serve' : 'spares'} ${endpoint}`, () => {
    const env = { HTTP_PROXY: 'http://p', HTTPS_PROXY: 'http://p' }
    assert.equal(proxyOf(endpoint, { ...env, NO_PROXY: noProxy }), isProxied ? 'http://p' : undefined)
    assert.equal(
      proxyOf(endpoint, { ...env, no_proxy: noProxy || ' ', NO_PROXY: '' }),
      isProxied ? 'http://p' : undefined,
    )
  })
}

test('a proxy that cannot be used is said where it would be used, without its secrets', () => {
  const env = { HTTPS_PROXY: 'socks5://me:secret@p:1080' }
  const { config, lines } = reading({ [ENDPOINT]: 'https://c', ...env })
  assert.equal(config.traces.otlp.proxy, undefined)
  assert.deepEqual(lines, ['HTTPS_PROXY="socks5://***@p:1080" is not an http or https URL; it is ignored'])
  assert.deepEqual(reading({ [ENDPOINT]: 'http://localhost', ...env }).lines, [])
})
