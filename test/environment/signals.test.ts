import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { assertLikeBare, PLAIN_DOORS, said } from '../exit/bare.js'
import { GrpcSink } from '../harness/grpc-sink.js'
import { encodeStatus, encodeTracesResponse } from '../harness/otlp-decode.js'
import type { DecodedLog } from '../harness/otlp-logs.js'
import type { DecodedMetric } from '../harness/otlp-metrics.js'
import { launch, run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const APP = 'metrics/all.mjs'
const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const
type Protocol = (typeof PROTOCOLS)[number]

/** What a request with one signal is answered with, the first time. */
type First = 'success' | 'patience' | 'refusal' | 'partial success'

interface Collector {
  readonly metrics: readonly DecodedMetric[]
  readonly logs: readonly DecodedLog[]
  readonly metricRequests: readonly { readonly body: Uint8Array }[]
  readonly logRequests: readonly { readonly body: Uint8Array }[]
}

async function startCollector(t: TestContext, protocol: Protocol, port: number, first: First): Promise<Collector> {
  if (protocol === 'grpc') {
    const answer = (index: number) => {
      if (index > 0 || first === 'success') return undefined
      if (first === 'partial success') return partialSuccess('')
      return first === 'patience' ? { code: 14, details: 'busy' } : { code: 3, details: 'odd' }
    }
    return GrpcSink.start(t, { address: `127.0.0.1:${port}`, respondToMetrics: answer, respondToLogs: answer })
  }
  const answer = (rejected: string) => (index: number) => {
    if (index > 0 || first === 'success') return undefined
    const contentType = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf'
    if (first === 'partial success') return { body: partialSuccess(protocol === 'http/json' ? rejected : '') }
    if (first === 'patience') return { status: 503 }
    return { status: 400, headers: { 'content-type': contentType }, body: encodeStatus(3, 'odd', contentType) }
  }
  const sink = await startSink(t, {
    port,
    respondToMetrics: answer('rejectedDataPoints'),
    respondToLogs: answer('rejectedLogRecords'),
  })
  return {
    metrics: sink.metrics,
    logs: sink.logs,
    metricRequests: sink.metricRequests,
    logRequests: sink.logRequests,
  }
}

/** One record rejected, in JSON by the name that the signal has for its number. */
function partialSuccess(rejected: string): Uint8Array {
  if (rejected !== '')
    return Buffer.from(JSON.stringify({ partialSuccess: { [rejected]: '1', errorMessage: 'too old' } }))
  return encodeTracesResponse({ rejectedSpans: 1, errorMessage: 'too old' }, 'application/x-protobuf')
}

/** A free port, where nobody listens yet. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

function environment(protocol: Protocol, port: number): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_INSTRUMENTATION_RUNTIME_NODE_ENABLED: 'false',
    // However busy the machine is.
    AUTOSPAN_EXIT_TIMEOUT: '20000',
  }
}

function assertAll({ metrics, logs }: Pick<Collector, 'metrics' | 'logs'>): void {
  assert.deepEqual(
    metrics.map(({ name, scope, points }) => [name, scope, points.map(({ attributes, value }) => [attributes, value])]),
    [
      [
        'shop.orders',
        { name: 'shop', version: '2.0' },
        [
          [{ kind: 'tea' }, 3],
          [{ kind: 'cake' }, 4],
        ],
      ],
    ],
  )
  assert.deepEqual(
    logs.map(({ body, attributes, severityNumber, severityText, scope }) => [
      body,
      attributes,
      severityNumber,
      severityText,
      scope.name,
    ]),
    [
      ['sold tea', { kind: 'tea', cups: 2 }, 9, 'INFO', 'shop'],
      ['sold cake', { kind: 'cake', cups: 2 }, 9, 'INFO', 'shop'],
    ],
  )
}

for (const protocol of PROTOCOLS) {
  for (const DOOR of PLAIN_DOORS) {
    test(`${protocol}: by ${DOOR} log records and the last collection of metrics are delivered`, async (t) => {
      const port = await freePort()
      const collector = await startCollector(t, protocol, port, 'success')
      await assertLikeBare(APP, { DOOR, ...environment(protocol, port) })
      assertAll(collector)
      assert.deepEqual([collector.metricRequests.length, collector.logRequests.length], [1, 1])
    })
  }

  test(`${protocol}: what a collector is not there for is delivered when it comes`, async (t) => {
    const port = await freePort()
    const env = { ...environment(protocol, port), OTEL_BLRP_SCHEDULE_DELAY: '10', OTEL_METRIC_EXPORT_INTERVAL: '100' }
    const program = launch(t, APP, { env: { ...env, OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' } })
    // Both signals have met nobody before.
    await program.printed(/cannot deliver [\s\S]*cannot deliver /, { on: 'stderr' })
    const collector = await startCollector(t, protocol, port, 'success')
    await program.printed(/answers again [\s\S]*answers again .*\n/, { on: 'stderr' })
    program.signal('SIGTERM')
    const { stderr } = await program.exited
    assertAll(collector)
    assert.equal(
      stderr.match(/answers again after \d+ s: 2 (log records|metric data points) delivered, 0 lost$/gm)?.length,
      2,
    )
  })

  test(`${protocol}: a collector that asks for patience is asked again, with the same`, async (t) => {
    const port = await freePort()
    const collector = await startCollector(t, protocol, port, 'patience')
    const { stderr } = await run(APP, { env: { DOOR: 'the empty event loop', ...environment(protocol, port) } })
    assertAll(collector)
    for (const requests of [collector.metricRequests, collector.logRequests]) {
      assert.equal(requests.length, 2)
      assert.deepEqual(requests[0]?.body, requests[1]?.body)
    }
    assert.equal(stderr.split('\n').length, 2, stderr)
  })

  test(`${protocol}: a partial success is said, and nothing sent again`, async (t) => {
    const port = await freePort()
    const collector = await startCollector(t, protocol, port, 'partial success')
    const outcome = await run(APP, { env: { DOOR: 'process.exit()', ...environment(protocol, port) } })
    assert.deepEqual([collector.metricRequests.length, collector.logRequests.length], [1, 1])
    const lines = said(outcome).slice(1)
    assert.equal(lines.length, 2, lines.join('\n'))
    for (const what of ['metric data point', 'log record'])
      assert.ok(
        lines.some((line) => line.endsWith(`rejected 1 ${what} of otherwise accepted requests: too old`)),
        lines.join('\n'),
      )
  })

  test(`${protocol}: what is refused for good is divided where it can be, and what is lost is said`, async (t) => {
    const port = await freePort()
    const collector = await startCollector(t, protocol, port, 'refusal')
    const outcome = await run(APP, { env: { DOOR: 'the empty event loop', ...environment(protocol, port) } })
    // One metric, and two log records of which both are taken alone.
    assert.deepEqual([collector.metricRequests.length, collector.logRequests.length], [1, 3])
    const [line, ...others] = said(outcome).slice(1)
    assert.match(line ?? '', / refused 2 metric data points, they are lost: .*odd/)
    assert.deepEqual(others, [])
  })
}
