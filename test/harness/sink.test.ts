import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { trace } from './draw.js'
import { encodeMessage } from './otlp-decode.js'
import { sampleRequest } from './otlp-sample.js'
import { owning } from './owner.js'
import { startSink } from './sink.js'

const JSON_TYPE = { 'content-type': 'application/json' }

function post(url: string, body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE): Promise<Response> {
  return fetch(`${url}/v1/traces`, { method: 'POST', body, headers })
}

test('spans arrive as JSON, as protobuf and zipped, and are drawn', async (t) => {
  const sink = await startSink(t)
  await post(sink.url, sampleRequest('first'))
  await post(sink.url, gzipSync(sampleRequest('second')), { ...JSON_TYPE, 'content-encoding': 'gzip' })
  const response = await post(sink.url, protobufRequest('third'), { 'content-type': 'application/x-protobuf' })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/x-protobuf')
  assert.equal(
    await sink.traces(3),
    trace`
      first SERVER
      second SERVER
      third SERVER
    `,
  )
})

test('requests are kept with headers, lengths and connections', async (t) => {
  const sink = await startSink(t)
  const body = sampleRequest('first')
  const zipped = gzipSync(body)
  await post(sink.url, zipped, { ...JSON_TYPE, 'content-encoding': 'gzip', 'user-agent': 'Tester/1' })
  const [received] = sink.requests
  assert.equal(received?.headers['user-agent'], 'Tester/1')
  assert.equal(received.wireLength, zipped.length)
  assert.equal(Buffer.from(received.body).toString(), body)
  assert.equal(received.socket, 0)
  assert.equal(sink.sockets, 1)
})

const violations: Record<string, { request: (url: string) => Promise<Response>; violation: RegExp }> = {
  'a wrong path': {
    request: (url) => fetch(`${url}/v1/trace`, { method: 'POST', body: sampleRequest('a'), headers: JSON_TYPE }),
    violation: /path \/v1\/trace instead of \/v1\/traces/,
  },
  'a wrong method': {
    request: (url) => fetch(`${url}/v1/traces`, { method: 'PUT', body: sampleRequest('a'), headers: JSON_TYPE }),
    violation: /method PUT instead of POST/,
  },
  'a wrong content-type': {
    request: (url) => post(url, sampleRequest('a'), { 'content-type': 'text/plain' }),
    violation: /content-type text\/plain/,
  },
  'an unknown content-encoding': {
    request: (url) => post(url, sampleRequest('a'), { ...JSON_TYPE, 'content-encoding': 'br' }),
    violation: /content-encoding br/,
  },
  'a body that is not OTLP': {
    request: (url) => post(url, '{"resourceSpan":[]}'),
    violation: /resourceSpan/,
  },
}

for (const [what, { request, violation }] of Object.entries(violations)) {
  test(`${what} is refused, ends every wait and fails the owner`, async () => {
    let waited: unknown
    const owned = owning(async (owner) => {
      const sink = await startSink(owner)
      const wait = assert.rejects(sink.spans(1), (error) => {
        waited = error
        return true
      })
      assert.equal((await request(sink.url)).status, 400)
      await wait
    })
    await assert.rejects(owned, violation)
    assert.match(String(waited), violation)
  })
}

test('a span that is delivered twice is a violation', async (t) => {
  const sink = await startSink(t)
  await post(sink.url, sampleRequest('a'))
  await post(sink.url, sampleRequest('a'))
  assert.match(sink.takeViolations().join(), /delivered twice/)
})

test('what is not HTTP is a violation', async (t) => {
  const sink = await startSink(t)
  const socket = connect(sink.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.end('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  await assert.rejects(sink.spans(1), /not HTTP/)
  assert.equal(sink.takeViolations().length, 1)
})

test('a request that is broken off is none', async (t) => {
  const sink = await startSink(t)
  const broken = request(`${sink.url}/v1/traces`, {
    method: 'POST',
    headers: { ...JSON_TYPE, 'content-length': '100' },
  })
  broken.on('error', () => {})
  broken.write('{')
  await sink.until(() => sink.sockets === 1, 'a connection')
  broken.destroy()
  assert.deepEqual(await sink.settled(), [])
  assert.equal(sink.requests.length, 0)
})

test('waiting in vain fails with a drawing of what came', async (t) => {
  const sink = await startSink(t)
  await post(sink.url, sampleRequest('first'))
  await assert.rejects(sink.spans(2, { timeoutMillis: 1 }), /2 spans in vain.*1 requests.*1 spans.*\nfirst SERVER\n/s)
})

test('only spans that were answered with success are delivered', async (t) => {
  const sink = await startSink(t, {
    respond: (index) => (index === 0 ? { status: 503, headers: { 'retry-after': '1' }, body: 'away' } : undefined),
  })
  const refused = await post(sink.url, sampleRequest('a'))
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('retry-after'), '1')
  assert.equal(await refused.text(), 'away')
  assert.equal(sink.delivered.length, 0)
  assert.equal(sink.requests[0]?.spans.length, 1)
  await post(sink.url, sampleRequest('a'))
  assert.equal((await sink.spans(1)).length, 1)
})

test('a partial success is told', async (t) => {
  const sink = await startSink(t, { respond: () => ({ partialSuccess: { rejectedSpans: 1, errorMessage: 'no' } }) })
  const response = await post(sink.url, sampleRequest('a'))
  assert.deepEqual(await response.json(), { partialSuccess: { rejectedSpans: '1', errorMessage: 'no' } })
})

test('a collector can cut connections', async (t) => {
  const sink = await startSink(t, { respond: () => ({ destroy: true }) })
  await assert.rejects(post(sink.url, sampleRequest('a')))
  assert.equal(sink.delivered.length, 0)
})

test('a collector that never answers does not hold up the end of the test', async () => {
  let posted: Promise<unknown> | undefined
  await owning(async (owner) => {
    const sink = await startSink(owner, { respond: () => new Promise(() => {}) })
    posted = assert.rejects(post(sink.url, sampleRequest('a')))
    await sink.until(() => sink.requests.length === 1, 'a request')
  })
  await posted
})

function protobufRequest(name: string): Uint8Array {
  return encodeMessage('ExportTraceServiceRequest', {
    resourceSpans: [
      {
        resource: {},
        scopeSpans: [
          {
            scope: { name: 'sample' },
            spans: [
              {
                traceId: Buffer.from('4bf92f3577b34da6a3ce929d0e0e4736', 'hex'),
                spanId: Buffer.from('00f067aa0ba902b7', 'hex'),
                flags: 0x101,
                name,
                kind: 2,
                startTimeUnixNano: '1500000000',
                endTimeUnixNano: '2000000000',
              },
            ],
          },
        ],
      },
    ],
  })
}
