import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, test } from 'node:test'
import { atEnd, type Owner } from '../harness/owner.js'
import { launch, start } from '../harness/program.js'
import { type Answer, type Sink, startSink } from '../harness/sink.js'
import { said } from './bare.js'

const NEVER = () => new Promise<undefined>(() => {})
const later = (millis: number) => new Date(Date.now() + millis).toUTCString()

interface Fault {
  /** What the collector does with the first request; the others it takes. */
  readonly first: () => Answer | undefined | Promise<Answer | undefined>
  readonly delivered?: number
  /** How long after the first request the second comes, at least. */
  readonly afterMillis?: number
  readonly line?: RegExp
}

const FAULTS: Record<string, Fault> = {
  'is slow': { first: () => ({ delayMillis: 300 }) },
  'never answers the first time': { first: NEVER },
  'cuts the connection': { first: () => ({ destroy: true }) },
  'gives partial success': {
    first: () => ({ partialSuccess: { rejectedSpans: 1, errorMessage: 'odd' } }),
    line: /rejected 1 span of otherwise accepted requests: odd$/,
  },
  'warns in its partial success': {
    first: () => ({ partialSuccess: { rejectedSpans: 0, errorMessage: 'old' } }),
    line: /accepted the spans with a warning: old$/,
  },
  'asks for a second by Retry-After': {
    first: () => ({ status: 503, headers: { 'retry-after': '1' } }),
    afterMillis: 950,
  },
  'asks for patience by a date': {
    // Dates have whole seconds.
    first: () => ({ status: 429, headers: { 'retry-after': later(2000) } }),
    afterMillis: 900,
  },
  'sends a Retry-After that is none': { first: () => ({ status: 503, headers: { 'retry-after': 'soon' } }) },
}
for (const status of [429, 502, 503, 504]) FAULTS[`answers ${status} once`] = { first: () => ({ status }) }
for (const status of [301, 401, 403, 404, 405, 408, 411, 415, 500, 501, 505]) {
  FAULTS[`answers ${status}`] = {
    first: () => ({ status }),
    delivered: 0,
    line: new RegExp(`refused 3 spans, they are lost: status ${status} `),
  }
}

describe('spans of a running program', { concurrency: 4 }, () => {
  for (const [what, { first, delivered = 3, afterMillis = 0, line }] of Object.entries(FAULTS)) {
    test(`and a collector that ${what}`, async (t) => {
      const sink = await startSink(t, { respond: (index) => (index === 0 ? first() : undefined) })
      const lines = await outlive(t, sink, sink.url, delivered, first === NEVER ? 500 : undefined)
      if (line === undefined) assert.deepEqual(lines, [])
      else assert.match(lines.join('\n'), line)
      assert.ok(lines.length < 2, lines.join('\n'))
      assert.equal(sink.delivered.length, delivered)
      const [one, two] = sink.requests
      if (afterMillis > 0) assert.ok((two?.arrivedMillis ?? 0) - (one?.arrivedMillis ?? 0) >= afterMillis)
    })
  }
})

for (const [what, cut] of [
  ['in the midst of the request', { afterBytesSent: 100 }],
  ['in the midst of the answer, after its head', { inAnswer: true }],
] as const) {
  test(`a connection that is reset ${what} costs nothing, and nothing arrives twice`, async (t) => {
    const sink = await startSink(t)
    const url = await startProxy(t, sink.port, cut)
    assert.deepEqual(await outlive(t, sink, url, 3), [])
    assert.equal(sink.delivered.length, 3)
  })
}

test('a collector that closes its port and opens it again gets all spans', async (t) => {
  const first = await startSink(t)
  const { port } = first
  const server = await start(t, 'http/server.mjs', {
    env: { OTEL_METRICS_EXPORTER: 'none', OTEL_BSP_SCHEDULE_DELAY: '0', OTEL_EXPORTER_OTLP_ENDPOINT: first.url },
  })
  await fetch(`${server.url}/hello`)
  await first.spans(1)
  await first.close()
  await fetch(`${server.url}/hello`)
  await server.printed(/cannot deliver spans/, { on: 'stderr' })
  const second = await startSink(t, { port })
  await second.spans(1)
  assert.deepEqual(
    said(await server.stop()).filter((line) => line.startsWith('autospan: lost')),
    [],
  )
})

/**
 * Has a program deliver three spans while it runs; returns what it says, but for an outage that a busy machine makes. A
 * time-out is the fault's: on a busy machine it would have spans sent twice.
 */
async function outlive(owner: Owner, sink: Sink, url: string, delivered: number, timeoutMillis = 10_000) {
  const program = launch(owner, 'exit/spooled.mjs', {
    env: {
      SPANS: '3',
      RATE: '3',
      STAY: 'forever',
      OTEL_BSP_SCHEDULE_DELAY: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_TIMEOUT: String(timeoutMillis),
    },
  })
  await program.printed(/made/)
  await sink.until(() => sink.requests.length > 0 && sink.delivered.length >= delivered, `${delivered} spans`)
  program.signal('SIGTERM')
  const lines = said(await program.end(10_000)).slice(1)
  return lines.filter((line) => !/cannot deliver spans|answers again/.test(line))
}

/** Leads to the sink, and resets its first connection. */
async function startProxy(
  owner: Owner,
  port: number,
  { afterBytesSent, inAnswer }: { afterBytesSent?: number; inAnswer?: boolean },
): Promise<string> {
  let connections = 0
  const server = createServer((client) => {
    const isFirst = connections++ === 0
    client.on('error', () => {})
    if (isFirst && afterBytesSent !== undefined) {
      client.once('data', () => client.resetAndDestroy())
      return
    }
    const upstream = connect(port, '127.0.0.1')
    upstream.on('error', () => {})
    client.pipe(upstream)
    if (isFirst && inAnswer === true) {
      upstream.once('data', (answer: Buffer) => {
        // With a body that does not come.
        const head = answer
          .toString('latin1')
          .replace(/content-length: \d+|transfer-encoding: chunked/i, 'content-length: 9')
        client.write(`${head.slice(0, head.indexOf('\r\n\r\n'))}\r\n\r\n`, () => client.destroy())
      })
    } else {
      upstream.pipe(client)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(owner, async () => {
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
