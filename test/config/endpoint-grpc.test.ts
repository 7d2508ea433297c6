import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf, reading } from './reading.js'

const BASE = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const OWN = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
const INSECURE = 'OTEL_EXPORTER_OTLP_INSECURE'
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const GRPC = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }

test('with gRPC the scheme of the endpoint decides on TLS, and without one OTEL_EXPORTER_OTLP_INSECURE does', () => {
  for (const [env, url] of [
    [{}, 'http://localhost:4317'],
    [{ [INSECURE]: 'true' }, 'http://localhost:4317'],
    [{ [BASE]: 'http://c:4317' }, 'http://c:4317'],
    [{ [BASE]: 'http://c:4317', [INSECURE]: 'false' }, 'http://c:4317'],
    [{ [BASE]: 'https://c:4317', [INSECURE]: 'true' }, 'https://c:4317'],
    [{ [BASE]: 'https://c' }, 'https://c'],
    [{ [BASE]: 'c:4317' }, 'https://c:4317'],
    [{ [BASE]: 'c:4317', [INSECURE]: 'true' }, 'http://c:4317'],
    [{ [BASE]: 'c:4317', OTEL_EXPORTER_OTLP_TRACES_INSECURE: 'true' }, 'http://c:4317'],
    [{ [BASE]: 'c:4317', OTEL_EXPORTER_OTLP_SPAN_INSECURE: 'true' }, 'http://c:4317'],
    [{ [BASE]: 'c:4317', OTEL_EXPORTER_OTLP_TRACES_INSECURE: 'false', [INSECURE]: 'true' }, 'https://c:4317'],
    [{ [BASE]: 'c' }, 'https://c:4317'],
    [{ [BASE]: 'c.example.com:443' }, 'https://c.example.com'],
    [{ [BASE]: '10.0.0.1:4317' }, 'https://10.0.0.1:4317'],
    [{ [BASE]: '[::1]:4317' }, 'https://[::1]:4317'],
    [{ [BASE]: 'dns:c:4317' }, 'https://c:4317'],
    [{ [BASE]: 'dns:///c:4317' }, 'https://c:4317'],
    [{ [BASE]: 'dns://8.8.8.8/c:4317', [INSECURE]: 'true' }, 'http://c:4317'],
    [{ [BASE]: 'unix:/run/c.sock' }, 'http+unix://%2Frun%2Fc.sock'],
    [{ [BASE]: 'unix:///run/c.sock' }, 'http+unix://%2Frun%2Fc.sock'],
    [{ [BASE]: 'http://c:4317/' }, 'http://c:4317'],
    [{ [BASE]: 'http://me:secret@c:4317' }, 'http://me:secret@c:4317'],
    [{ [BASE]: 'http://c:4317', [OWN]: 'http://d:4317' }, 'http://d:4317'],
  ] as const) {
    const { otlp } = configOf({ ...GRPC, ...env }).traces
    assert.equal(otlp.url.href, url + METHOD, JSON.stringify(env))
    assert.equal(otlp.protocol, 'grpc')
  }
})

test('gRPC may be spoken for one signal only', () => {
  const { otlp } = configOf({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'GRPC', [OWN]: 'http://c:4317' }).traces
  assert.deepEqual([otlp.protocol, otlp.url.href], ['grpc', `http://c:4317${METHOD}`])
})

test('a path and the port of HTTP are said, and not used', () => {
  for (const [endpoint, problem, used] of [
    ['http://c:4317/v1/traces', 'has a path, which gRPC has no use for', 'http://c:4317'],
    ['http://c:4318', 'has port 4318, which is usual for HTTP (4317 is for gRPC)', 'http://c:4318'],
    ['c:4318', 'has port 4318, which is usual for HTTP (4317 is for gRPC)', 'https://c:4318'],
  ] as const) {
    const { config, lines } = reading({ ...GRPC, [BASE]: endpoint })
    assert.deepEqual(lines, [`${BASE}="${endpoint}" ${problem}; using ${used}`])
    assert.equal(config.traces.otlp.url.href, used + METHOD)
  }
})

test('what names no host is refused, and the next one counts', () => {
  for (const endpoint of ['ftp://c', '4317', ':4317', 'tcp:c', 'c:x']) {
    assert.deepEqual(reading({ ...GRPC, [OWN]: endpoint, [BASE]: 'http://d:4317' }).lines, [
      `${OWN}="${endpoint}" is not an http or https URL; using http://d:4317`,
    ])
  }
})
