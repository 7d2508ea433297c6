import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf, reading } from './reading.js'

const BASE = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const OWN = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'

test('v1/traces is appended to the path of the base URL', () => {
  for (const [base, url] of [
    [undefined, 'http://localhost:4318/v1/traces'],
    ['', 'http://localhost:4318/v1/traces'],
    ['http://c:4318', 'http://c:4318/v1/traces'],
    ['http://c:4318/', 'http://c:4318/v1/traces'],
    ['http://c:4318/my', 'http://c:4318/my/v1/traces'],
    ['http://c:4318/my/', 'http://c:4318/my/v1/traces'],
    [' http://c:4318/otlp ', 'http://c:4318/otlp/v1/traces'],
    ['https://c', 'https://c/v1/traces'],
    ['http://c:4318/otlp?key=1&b=/', 'http://c:4318/otlp/v1/traces?key=1&b=/'],
    ['http://c:4318?key=1', 'http://c:4318/v1/traces?key=1'],
    ['http://c:4318/v1/traces-v2', 'http://c:4318/v1/traces-v2/v1/traces'],
    ['http://c:4318/xv1/traces', 'http://c:4318/xv1/traces/v1/traces'],
    ['https://user:pass@c/otlp', 'https://user:pass@c/otlp/v1/traces'],
  ] as const) {
    assert.equal(configOf({ [BASE]: base }).traces.otlp.url.href, url, base)
  }
})

test('the URL for traces is used as it is, and wins', () => {
  for (const [own, url] of [
    ['http://c:4318/v1/traces', 'http://c:4318/v1/traces'],
    ['https://c:443/in?key=1', 'https://c/in?key=1'],
    ['', 'http://base:4318/v1/traces'],
  ] as const) {
    assert.equal(configOf({ [BASE]: 'http://base:4318', [OWN]: own }).traces.otlp.url.href, url, own)
  }
})

test('a complete URL that no collector is likely to have is said, and changed only where nobody can mean it', () => {
  const base = `has no path, and none is appended (${BASE} takes a base URL)`
  const slash = 'ends with a slash, for which most collectors have no answer'
  for (const [own, url, problem] of [
    ['http://c:4318', 'http://c:4318/', base],
    ['http://c:4318/', 'http://c:4318/', base],
    ['http://c:4318/v1/traces/', 'http://c:4318/v1/traces/', slash],
    ['http://c:4318/v1/traces/v1/traces', 'http://c:4318/v1/traces', 'ends with v1/traces twice'],
    ['http://c:4318/in/v1/traces/v1/traces/', 'http://c:4318/in/v1/traces', 'ends with v1/traces twice'],
  ] as const) {
    const { config, lines } = reading({ [OWN]: own })
    assert.equal(config.traces.otlp.url.href, url)
    assert.deepEqual(lines, [`${OWN}="${own}" ${problem}; using ${url}`])
  }
})

test('a base URL with the path of another signal is put right, and said', () => {
  for (const [base, url] of [
    ['http://c:4318/v1/metrics', 'http://c:4318/v1/traces'],
    ['http://c:4318/in/v1/logs/', 'http://c:4318/in/v1/traces'],
  ] as const) {
    const { config, lines } = reading({ [BASE]: base })
    assert.equal(config.traces.otlp.url.href, url)
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /already ends with v1\/(metrics|logs), and v1\/traces takes its place .*; using http/)
  }
})

test('a base URL with v1/traces is used as it is, and said', () => {
  const problem = `already ends with v1/traces, which is not appended twice (${OWN} takes a complete URL)`
  for (const [base, url] of [
    ['http://c:4318/v1/traces', 'http://c:4318/v1/traces'],
    ['http://c:4318/v1/traces/', 'http://c:4318/v1/traces'],
    ['http://c:4318/otlp/v1/traces', 'http://c:4318/otlp/v1/traces'],
    ['http://c:4318/v1/traces/v1/traces', 'http://c:4318/v1/traces'],
  ] as const) {
    const { config, lines } = reading({ [BASE]: base })
    assert.equal(config.traces.otlp.url.href, url)
    assert.deepEqual(lines, [`${BASE}="${base}" ${problem}; using ${url}`])
  }
})

test('where no protocol is set port 4317 means gRPC, and that is said', () => {
  const method = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
  const port = 'has port 4317, which is usual for gRPC, while no protocol is set'
  for (const [name, endpoint, problem, used] of [
    [BASE, 'http://jaeger:4317', port, 'http://jaeger:4317'],
    [BASE, 'https://jaeger:4317/', port, 'https://jaeger:4317'],
    [BASE, 'jaeger:4317', `has no scheme and ${port}`, 'http://jaeger:4317'],
    [OWN, 'http://jaeger:4317', port, 'http://jaeger:4317'],
  ] as const) {
    const { config, lines } = reading({ [name]: endpoint })
    assert.deepEqual([config.traces.otlp.protocol, config.traces.otlp.url.href], ['grpc', used + method])
    assert.deepEqual(lines, [`${name}="${endpoint}" ${problem}; using grpc to ${used}`])
  }
})

test('where HTTP is asked for, port 4317 is used as it is given, and said', () => {
  for (const protocol of ['http/protobuf', 'http/json']) {
    const { config, lines } = reading({ [BASE]: 'http://jaeger:4317', OTEL_EXPORTER_OTLP_PROTOCOL: protocol })
    assert.equal(config.traces.otlp.url.href, 'http://jaeger:4317/v1/traces')
    assert.deepEqual(lines, [
      `${BASE}="http://jaeger:4317" has port 4317, which is usual for gRPC (OTEL_EXPORTER_OTLP_PROTOCOL=grpc; HTTP has 4318); using http://jaeger:4317/v1/traces`,
    ])
  }
  assert.deepEqual(reading({ [OWN]: 'http://c:4317/v1/traces' }).lines, [
    `${OWN}="http://c:4317/v1/traces" has port 4317, which is usual for gRPC (OTEL_EXPORTER_OTLP_PROTOCOL=grpc; HTTP has 4318); using http://c:4317/v1/traces`,
  ])
})

test('all that is wrong with one URL is said in one line', () => {
  assert.deepEqual(reading({ [BASE]: 'c:4317/v1/traces' }).lines, [
    `${BASE}="c:4317/v1/traces" has no scheme and already ends with v1/traces, which is not appended twice (${OWN} takes a complete URL) and has port 4317, which is usual for gRPC (OTEL_EXPORTER_OTLP_PROTOCOL=grpc; HTTP has 4318); using http://c:4317/v1/traces`,
  ])
})

test('instead of a refused URL the next one counts', () => {
  assert.deepEqual(reading({ [BASE]: 'ftp://c' }).lines, [
    `${BASE}="ftp://c" is not an http or https URL; using http://localhost:4318/v1/traces`,
  ])
  const { config, lines } = reading({ [OWN]: 'tcp:/c', [BASE]: 'http://c:4318' })
  assert.equal(config.traces.otlp.url.href, 'http://c:4318/v1/traces')
  assert.deepEqual(lines, [`${OWN}="tcp:/c" is not an http or https URL; using http://c:4318/v1/traces`])
})

test('no line shows a password or a query', () => {
  for (const [base, line] of [
    ['user:secret@c:4317', '"***@c:4317" is not an http or https URL; using http://localhost:4318/v1/traces'],
    ['ftp://secret@c?secret', '"ftp://***@c?***" is not an http or https URL; using http://localhost:4318/v1/traces'],
    [
      'http://user:secret@c:4317/?key=secret',
      '"http://***@c:4317/?***" has port 4317, which is usual for gRPC (OTEL_EXPORTER_OTLP_PROTOCOL=grpc; HTTP has 4318); using http://c:4317/v1/traces?***',
    ],
  ] as const) {
    assert.deepEqual(reading({ [BASE]: base }).lines, [`${BASE}=${line}`])
  }
})

test('a unix socket stands in the place of a host', () => {
  for (const [base, url] of [
    ['unix:/run/c.sock', 'http+unix://%2Frun%2Fc.sock/v1/traces'],
    ['unix:///run/c.sock', 'http+unix://%2Frun%2Fc.sock/v1/traces'],
    ['http+unix://%2Frun%2Fc.sock', 'http+unix://%2Frun%2Fc.sock/v1/traces'],
    ['http+unix://%2Frun%2Fc.sock/in/', 'http+unix://%2Frun%2Fc.sock/in/v1/traces'],
    ['unix:c.sock', `http+unix://${encodeURIComponent(`${process.cwd()}/c.sock`)}/v1/traces`],
  ] as const) {
    assert.equal(configOf({ [BASE]: base }).traces.otlp.url.href, url, base)
  }
  for (const [own, url] of [
    ['unix:/run/c.sock', 'http+unix://%2Frun%2Fc.sock/v1/traces'],
    ['http+unix://%2Frun%2Fc.sock/in', 'http+unix://%2Frun%2Fc.sock/in'],
  ] as const) {
    assert.equal(configOf({ [OWN]: own }).traces.otlp.url.href, url, own)
  }
})
