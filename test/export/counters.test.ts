import assert from 'node:assert/strict'
import { afterEach, beforeEach, type TestContext, test } from 'node:test'
import { hearDurations, type SelfCounter, selfCounters } from '../../src/diag/counters.js'
import { BatchProcessor } from '../../src/export/batch.js'
import { countExporter } from '../../src/export/counters.js'
import { TRACES } from '../../src/export/signal.js'
import { HttpTransport } from '../../src/export/transport/http.js'
import { Collector, IdEncoder, inTurn, listenToDiag, partialSuccess, spans, status } from './collector.js'
import { settingsTo } from './settings.js'

let diag: ReturnType<typeof listenToDiag>

beforeEach(() => {
  diag = listenToDiag()
})

afterEach(() => diag.restore())

const PAUSE_MILLIS = 100

/** Ended with the test, which else would not end where it fails. */
function processorTo(t: TestContext, collector: Collector) {
  const processor = new BatchProcessor({
    signal: TRACES,
    encoder: new IdEncoder(),
    transport: new HttpTransport(settingsTo(collector.url)),
    batch: { scheduleDelayMillis: 1e9, maxQueueSize: 10, maxExportBatchSize: 5, exportTimeoutMillis: 30_000 },
    bounds: { maxQueueBytes: 1e9, maxRequestBytes: 1e9, spool: undefined },
    timeoutMillis: 5000,
    tuning: { flushBackoff: { initialMillis: PAUSE_MILLIS, factor: 1, capMillis: PAUSE_MILLIS, jitter: 0 } },
  })
  t.after(async () => {
    processor.close()
    await collector.close()
  })
  return processor
}

/** What is not 0, since the test began. */
function numbers(from: number): Record<string, number> {
  const read = selfCounters()
    .slice(from)
    .map(({ name, attributes, read }) => [`${name} ${attributes['error.type'] ?? ''}`.trim(), read()] as const)
  return Object.fromEntries(read.filter(([, value]) => value !== 0))
}

test('the numbers of an exporter are read by the names of the conventions', async (t) => {
  const from = selfCounters().length
  const headers = { 'content-type': 'application/x-protobuf' }
  const collector = await Collector.listen(inTurn(status(200, headers, partialSuccess(2, 'odd')), () => {}))
  const processor = processorTo(t, collector)
  for (const one of spans(5)) processor.onEnd(one)
  await processor.flush(5000)
  // Metrics begin later than exports, and are told of them all the same.
  const told: Parameters<Parameters<typeof hearDurations>[0]>[] = []
  hearDurations((...duration) => told.push(duration))
  for (const one of spans(5)) processor.onEnd(one)
  await collector.requested(2)
  for (const one of spans(17)) processor.onEnd(one)
  assert.deepEqual(numbers(from), {
    'otel.sdk.exporter.span.exported': 3,
    'otel.sdk.exporter.span.exported rejected': 2,
    'otel.sdk.exporter.span.inflight': 5,
    'otel.sdk.processor.span.processed': 5,
    'otel.sdk.processor.span.processed queue_full': 5,
    'otel.sdk.processor.span.queue.size': 12,
    'otel.sdk.processor.span.queue.capacity': 10,
  })
  assert.deepEqual(
    told.map(([name, seconds, attributes]) => [name, seconds > 0, outcomeOf(attributes)]),
    [['otel.sdk.exporter.operation.duration', true, [200, 'rejected']]],
  )
  const [first] = selfCounters().slice(from)
  assert.equal(first?.attributes['otel.component.type'], 'otlp_http_span_exporter')
  assert.match(String(first?.attributes['otel.component.name']), /^otlp_http_span_exporter\/\d+$/)
})

test('a request that is tried again is told once, from its first attempt on', async (t) => {
  const told: Parameters<Parameters<typeof hearDurations>[0]>[] = []
  hearDurations((...duration) => told.push(duration))
  const collector = await Collector.listen(inTurn(status(503), status(503), status(200), status(400)))
  const processor = processorTo(t, collector)
  for (let i = 0; i < 2; i++) {
    processor.onEnd(spans(1)[0] as never)
    await processor.flush(20_000)
  }
  const [tried, refused, ...others] = told.map(([, seconds, attributes]) => ({
    seconds,
    outcome: outcomeOf(attributes),
  }))
  assert.deepEqual([tried?.outcome, refused?.outcome, others], [[200, undefined], [400, '400'], []])
  // Two pauses of 100 ms, but for what timers may be early.
  assert.ok((tried?.seconds ?? 0) > 0.19, String(tried?.seconds))
})

test('a request is in flight until it is settled, and one that is dropped between two attempts has failed', async (t) => {
  const from = selfCounters().length
  const told: Parameters<Parameters<typeof hearDurations>[0]>[] = []
  hearDurations((...duration) => told.push(duration))
  const collector = await Collector.listen(status(503))
  const processor = processorTo(t, collector)
  for (const one of spans(2)) processor.onEnd(one)
  // There is no time for a second attempt.
  await processor.flush(PAUSE_MILLIS / 2)
  assert.deepEqual(numbers(from), {
    'otel.sdk.exporter.span.inflight': 2,
    'otel.sdk.processor.span.queue.capacity': 10,
  })
  assert.equal(told.length, 0)
  for (const one of spans(18)) processor.onEnd(one)
  assert.deepEqual(numbers(from), {
    'otel.sdk.exporter.span.exported 503': 2,
    'otel.sdk.processor.span.processed': 2,
    'otel.sdk.processor.span.processed queue_full': 5,
    'otel.sdk.processor.span.queue.size': 13,
    'otel.sdk.processor.span.queue.capacity': 10,
  })
  assert.deepEqual(
    told.map((duration) => outcomeOf(duration[2])),
    [[503, '503']],
  )
})

for (const [url, address, port] of [
  ['http://collector.invalid/v1/traces', 'collector.invalid', 80],
  ['https://collector.invalid/v1/traces', 'collector.invalid', 443],
  ['http://[::1]:4318/v1/traces', '::1', 4318],
  ['http+unix://%2Frun%2Fcollector.sock/v1/traces', '/run/collector.sock', undefined],
] as const) {
  test(`the server of ${url} is told with all numbers of its exporter, and no others`, () => {
    const from = selfCounters().length
    const exporter = { stats: { exported: 0, dropped: 0, failed: 0, queued: 0 }, inFlight: 0, failures: new Map() }
    countExporter(exporter, TRACES, settingsTo(url), 1)
    for (const { name, attributes } of selfCounters().slice(from)) {
      const expected = name.includes('.exporter.') ? [address, port] : [undefined, undefined]
      assert.deepEqual([attributes['server.address'], attributes['server.port']], expected, name)
    }
  })
}

function outcomeOf(attributes: SelfCounter['attributes']) {
  return [attributes['http.response.status_code'], attributes['error.type']]
}
