import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { BatchConfig, Compression, DeliveryConfig } from '../../src/config/config.js'
import { BatchProcessor } from '../../src/export/batch.js'
import { fanOut } from '../../src/export/multi.js'
import type { ExporterTuning } from '../../src/export/otlp-exporter.js'
import { TRACES } from '../../src/export/signal.js'
import { HttpTransport } from '../../src/export/transport/http.js'
import type { Answer, Transport } from '../../src/export/transport/transport.js'
import type { SpanData } from '../../src/trace/span.js'

import {
  Collector,
  type Handler,
  IdEncoder,
  idsOf,
  inTurn,
  listenToDiag,
  partialSuccess,
  type Received,
  span,
  spans,
  status,
} from './collector.js'

import { settingsTo } from './settings.js'

const QUICK = { initialMillis: 1, factor: 1, capMillis: 1, jitter: 0 }
const NEVER = 1e9
const BATCH: BatchConfig = {
  scheduleDelayMillis: 1,
  maxQueueSize: undefined,
  maxExportBatchSize: 512,
  exportTimeoutMillis: 30_000,
}
const BOUNDS: DeliveryConfig = { maxQueueBytes: 32 * 1024 * 1024, maxRequestBytes: 4 * 1024 * 1024, spool: undefined }

let diag: ReturnType<typeof listenToDiag>
const cleanups: (() => unknown)[] = []

beforeEach(() => {
  diag = listenToDiag()
  // The exporter does not keep a process alive, the test's own no more than another.
  const alive = setInterval(() => {}, NEVER)
  cleanups.push(() => clearInterval(alive))
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
  diag.restore()
})

interface Options extends ExporterTuning {
  readonly batch?: Partial<BatchConfig>
  readonly bounds?: Partial<DeliveryConfig>
  readonly timeoutMillis?: number
  readonly compression?: Compression
}

function processorOf(
  transport: Transport,
  { batch, bounds, timeoutMillis = 10_000, ...tuning }: Options = {},
): BatchProcessor<SpanData> {
  const processor = new BatchProcessor({
    signal: TRACES,
    encoder: new IdEncoder(),
    transport,
    batch: { ...BATCH, ...batch },
    bounds: { ...BOUNDS, ...bounds },
    timeoutMillis,
    tuning: { backoff: QUICK, flushBackoff: QUICK, ...tuning },
  })
  cleanups.push(() => processor.close())
  return processor
}

function processorTo(url: URL, options: Options = {}): BatchProcessor<SpanData> {
  const { compression = 'none' } = options
  return processorOf(new HttpTransport(settingsTo(url, { compression })), options)
}

async function collect(...args: Parameters<typeof Collector.listen>): Promise<Collector> {
  const collector = await Collector.listen(...args)
  cleanups.push(() => collector.close().catch(() => {}))
  return collector
}

/** A transport in memory whose attempts the test answers one by one. */
class HeldTransport implements Transport {
  readonly destination = 'http://c/v1/traces'
  readonly settings = settingsTo('http://c/v1/traces')
  readonly posts: { ids: string[]; timeoutMillis: number; answer: (answer: Answer) => void }[] = []
  #posted = () => {}

  post(body: Uint8Array, timeoutMillis: number): Promise<Answer> {
    return new Promise((answer) => {
      this.posts.push({ ids: idsOf(body), timeoutMillis, answer })
      this.#posted()
    })
  }

  async posted(count: number): Promise<void> {
    while (this.posts.length < count) {
      await new Promise<void>((resolve) => {
        this.#posted = resolve
      })
    }
  }

  release(): void {}

  interrupt(): undefined {}

  close(): void {}
}

const ACCEPTED: Answer = { kind: 'accepted', rejected: 0, message: '' }
const FAILED: Answer = { kind: 'failed', reason: 'down', reached: true, waitMillis: undefined }

test('spans leave after the delay, together', async () => {
  const collector = await collect()
  const processor = processorTo(collector.url)
  for (const one of spans(3)) processor.onEnd(one)
  assert.equal(processor.stats.queued, 3)
  await collector.requested(1)
  assert.deepEqual(collector.ids, ['span-0', 'span-1', 'span-2'])
  await processor.flush(5000)
  assert.deepEqual(processor.stats, { exported: 3, dropped: 0, failed: 0, queued: 0 })
  assert.deepEqual(diag.lines, [])
})

test('a full batch leaves at once, one span less waits', async () => {
  const collector = await collect()
  const processor = processorTo(collector.url, { batch: { scheduleDelayMillis: NEVER, maxExportBatchSize: 4 } })
  for (const one of spans(7)) processor.onEnd(one)
  await collector.requested(1)
  assert.equal(collector.ids.length, 4)
  assert.equal(processor.stats.queued + processor.stats.exported, 7)
  processor.onEnd(span('span-7'))
  await collector.requested(2)
  assert.equal(collector.ids.length, 8)
})

test('a batch leaves by its bytes, too', async () => {
  const collector = await collect()
  const processor = processorTo(collector.url, {
    batch: { scheduleDelayMillis: NEVER },
    bounds: { maxRequestBytes: 4000 },
  })
  processor.onEnd(span('a'.repeat(999)))
  processor.onEnd(span('b'.repeat(999)))
  await collector.requested(1)
  assert.equal(collector.ids.length, 2)
})

test('10,000 spans in one tick arrive whole, on one connection, one request at a time', async () => {
  const collector = await collect()
  const processor = processorTo(collector.url, { compression: 'gzip' })
  const all = spans(10_000)
  for (const one of all) processor.onEnd(one)
  await processor.flush(10_000)
  assert.deepEqual(
    collector.ids,
    all.map((one) => one.spanId),
  )
  assert.equal(collector.requests.length, 20)
  assert.equal(collector.most, 1)
  assert.equal(new Set(collector.requests.map((request) => request.socket)).size, 1)
  assert.deepEqual(processor.stats, { exported: 10_000, dropped: 0, failed: 0, queued: 0 })
  assert.deepEqual(diag.lines, [])
})

test('503 with Retry-After twice, then 200: delivered once, nothing said', async () => {
  const later = status(503, { 'retry-after': '0' })
  const collector = await collect(inTurn(later, later, status(200)))
  const processor = processorTo(collector.url, { backoff: { ...QUICK, initialMillis: NEVER, capMillis: NEVER } })
  processor.onEnd(span('a'))
  await collector.requested(3)
  await processor.flush(5000)
  assert.equal(collector.requests.length, 3)
  assert.equal(processor.stats.exported, 1)
  assert.deepEqual(diag.lines, [])
})

test('a partial success is counted and said, and nothing is sent again', async () => {
  const headers = { 'content-type': 'application/x-protobuf' }
  const collector = await collect(status(200, headers, partialSuccess(2, 'too long')))
  const processor = processorTo(collector.url)
  for (const one of spans(5)) processor.onEnd(one)
  await processor.flush(5000)
  assert.equal(collector.requests.length, 1)
  assert.deepEqual(processor.stats, { exported: 3, dropped: 0, failed: 2, queued: 0 })
  assert.deepEqual(diag.lines, [`autospan: ${collector.url} rejected 2 spans of otherwise accepted requests: too long`])
})

test('a warning of the server without a rejection is said', async () => {
  const headers = { 'content-type': 'application/x-protobuf' }
  const collector = await collect(status(200, headers, partialSuccess(0, 'old schema')))
  const processor = processorTo(collector.url)
  processor.onEnd(span('a'))
  await processor.flush(5000)
  assert.equal(processor.stats.exported, 1)
  assert.deepEqual(diag.lines, [`autospan: ${collector.url} accepted the spans with a warning: old schema`])
})

test('a web page for an answer is said, though its status is a success', async () => {
  const collector = await collect(status(200, { 'content-type': 'text/html; charset=utf-8' }, '<!doctype html>'))
  const processor = processorTo(collector.url)
  processor.onEnd(span('a'))
  await processor.flush(5000)
  assert.equal(collector.requests.length, 1)
  assert.deepEqual(diag.lines, [
    `autospan: ${collector.url} accepted the spans with a warning: it answered with a web page, as no collector does; is this the port for OTLP?`,
  ])
})

test('a refused batch is gone, counted, and said once in a while', async () => {
  const collector = await collect(status(401))
  const processor = processorTo(collector.url, { batch: { maxExportBatchSize: 2 } })
  for (const one of spans(6)) processor.onEnd(one)
  await processor.flush(5000)
  assert.equal(collector.requests.length, 3)
  assert.deepEqual(processor.stats, { exported: 0, dropped: 0, failed: 6, queued: 0 })
  const line = (n: number) => `autospan: ${collector.url} refused ${n} spans, they are lost: status 401 Unauthorized`
  assert.deepEqual(diag.lines, [line(2)])
  processor.close()
  assert.deepEqual(diag.lines, [line(2), line(4)])
})

test('a poisonous batch does not hold up its neighbours', async () => {
  const collector = await collect(inTurn(status(200), status(404), status(200)))
  const processor = processorTo(collector.url, { batch: { maxExportBatchSize: 2 } })
  for (const one of spans(6)) processor.onEnd(one)
  await processor.flush(5000)
  assert.deepEqual(processor.stats, { exported: 4, dropped: 0, failed: 2, queued: 0 })
})

/** Refuses requests that have one of `bad`, each with the status. */
function refusing(code: number, isBad: (ids: readonly string[], request: Received) => boolean): Handler {
  return (response, request) => {
    response.writeHead(isBad(request.ids, request) ? code : 200).end()
  }
}

for (const bad of [['span-0'], ['span-511'], ['span-200'], ['span-7', 'span-8', 'span-300']]) {
  test(`400 because of ${bad.join(', ')} of 512: the neighbours arrive`, async () => {
    const collector = await collect(refusing(400, (ids) => ids.some((id) => bad.includes(id))))
    const processor = processorTo(collector.url)
    for (const one of spans(512)) processor.onEnd(one)
    await processor.flush(5000)
    assert.deepEqual(processor.stats, { exported: 512 - bad.length, dropped: 0, failed: bad.length, queued: 0 })
    const words = bad.length === 1 ? '1 span' : `${bad.length} spans`
    assert.deepEqual(diag.lines, [`autospan: ${collector.url} refused ${words}, they are lost: status 400 Bad Request`])
    const accepted = collector.requests
      .filter(({ ids }) => !ids.some((id) => bad.includes(id)))
      .flatMap(({ ids }) => ids)
    assert.deepEqual(
      accepted,
      spans(512).flatMap(({ spanId }) => (bad.includes(spanId) ? [] : [spanId])),
    )
  })
}

test('a server that answers 400 to everything is not asked for every span', async () => {
  const collector = await collect(status(400))
  const processor = processorTo(collector.url)
  for (const one of spans(1024)) processor.onEnd(one)
  await processor.flush(5000)
  assert.deepEqual(processor.stats, { exported: 0, dropped: 0, failed: 1024, queued: 0 })
  // Down to one span and its neighbours, and the second batch in one piece.
  assert.ok(collector.requests.length < 32, `${collector.requests.length} requests`)
  processor.close()
  const line = `autospan: ${collector.url} refused 512 spans, they are lost: status 400 Bad Request`
  assert.deepEqual(diag.lines, [line, line])
})

test('413: smaller requests arrive, and the next ones are made small at once', async () => {
  const limit = 2000
  const collector = await collect(refusing(413, (_ids, { rawBody }) => rawBody.length > limit))
  const processor = processorTo(collector.url)
  for (const one of spans(512)) processor.onEnd(one)
  await processor.flush(5000)
  const before = collector.requests.length
  for (const one of spans(512)) processor.onEnd(one)
  await processor.flush(5000)
  assert.deepEqual(processor.stats, { exported: 1024, dropped: 0, failed: 0, queued: 0 })
  const refused = collector.requests.map(({ rawBody }) => rawBody.length > limit)
  assert.ok(refused.filter(Boolean).length < 5)
  assert.ok(!refused.slice(before).includes(true))
  assert.deepEqual(diag.lines, [])
})

test('413 because of one span: it alone is lost', async () => {
  const collector = await collect(refusing(413, (_ids, { rawBody }) => rawBody.length > 2000))
  const processor = processorTo(collector.url)
  for (const one of [...spans(10), span('x'.repeat(3000)), span('last')]) processor.onEnd(one)
  await processor.flush(5000)
  assert.deepEqual(processor.stats, { exported: 11, dropped: 0, failed: 1, queued: 0 })
  assert.deepEqual(diag.lines, [
    `autospan: ${collector.url} refused 1 span, they are lost: status 413 Payload Too Large`,
  ])
})

test('no request is larger than it may be, but for one with a single span', async () => {
  const collector = await collect()
  const processor = processorTo(collector.url, { bounds: { maxRequestBytes: 1000 } })
  const all = [...spans(40), span('x'.repeat(900)), span('y'.repeat(2000)), ...spans(40)]
  for (const one of all) processor.onEnd(one)
  await processor.flush(5000)
  assert.deepEqual(
    collector.ids,
    all.map(({ spanId }) => spanId),
  )
  for (const { rawBody, ids } of collector.requests) {
    assert.ok(rawBody.length <= 1000 || ids.length === 1, `${rawBody.length} bytes of ${ids.length} spans`)
  }
})

test('parts of a request wait like others, and are accounted for when they are pushed out', async () => {
  const transport = new HeldTransport()
  const processor = processorOf(transport, { batch: { maxExportBatchSize: 8, maxQueueSize: 8 } })
  for (const one of spans(8)) processor.onEnd(one)
  await transport.posted(1)
  transport.posts[0]?.answer({ kind: 'refused', reason: 'odd', culprit: 'content' })
  await transport.posted(2)
  transport.posts[1]?.answer({ kind: 'refused', reason: 'odd', culprit: 'content' })
  await transport.posted(3)
  assert.deepEqual(transport.posts[2]?.ids, ['span-0', 'span-1'])
  for (const one of spans(8)) processor.onEnd(one)
  assert.deepEqual(processor.stats, { exported: 0, dropped: 6, failed: 0, queued: 10 })
  transport.posts[2]?.answer(FAILED)
  await transport.posted(4)
  assert.deepEqual(processor.stats, { exported: 0, dropped: 8, failed: 0, queued: 8 })
})

test('what an outage costs is said once when it begins to, and with its end', async () => {
  const first = await collect()
  const { url } = first
  await first.close()
  const processor = processorTo(url, { outageMillis: 0, batch: { maxExportBatchSize: 10, maxQueueSize: 40 } })
  for (const one of spans(10)) processor.onEnd(one)
  while (diag.lines.length === 0) await new Promise(setImmediate)
  for (const one of spans(70)) processor.onEnd(one)
  const second = await collect(undefined, Number(url.port))
  await second.requested(4)
  await processor.flush(5000)
  const { exported, dropped } = processor.stats
  assert.equal(exported + dropped, 80)
  assert.deepEqual(diag.lines.slice(1, 2), [
    `autospan: the queue of spans for ${url} is full: the oldest are dropped until it answers again`,
  ])
  assert.match(diag.lines[2]!, new RegExp(`answers again after 0 s: ${exported} spans delivered, ${dropped} lost$`))
  processor.close()
  assert.equal(diag.lines.length, 3)
})

test('what was dropped before an outage was said is told with its end', async () => {
  const transport = new HeldTransport()
  const options = { outageMillis: 0, batch: { maxExportBatchSize: 10, maxQueueSize: 30 } }
  const processor = processorOf(transport, options)
  for (const one of spans(10)) processor.onEnd(one)
  await transport.posted(1)
  for (const one of spans(60)) processor.onEnd(one)
  transport.posts[0]?.answer(FAILED)
  for (let i = 1; i < 4; i++) {
    await transport.posted(i + 1)
    transport.posts[i]?.answer(ACCEPTED)
  }
  await processor.flush(1000)
  assert.deepEqual(processor.stats, { exported: 30, dropped: 40, failed: 0, queued: 0 })
  assert.deepEqual(diag.lines, [
    'autospan: the queue of spans for http://c/v1/traces is full: dropped the 10 oldest, 10 in all',
    'autospan: cannot deliver spans to http://c/v1/traces: down; keeping them and trying again',
    'autospan: http://c/v1/traces answers again after 0 s: 30 spans delivered, 30 lost',
  ])
})

test('what a server refuses after an outage is told by its own line alone', async () => {
  const transport = new HeldTransport()
  const processor = processorOf(transport, { outageMillis: 0, batch: { maxExportBatchSize: 10 } })
  for (const one of spans(30)) processor.onEnd(one)
  const answers: Answer[] = [FAILED, { ...ACCEPTED, rejected: 4 }, { kind: 'refused', reason: 'no' }, ACCEPTED]
  for (const [i, answer] of answers.entries()) {
    await transport.posted(i + 1)
    transport.posts[i]?.answer(answer)
  }
  await processor.flush(1000)
  assert.deepEqual(diag.lines.slice(1), [
    'autospan: http://c/v1/traces rejected 4 spans of otherwise accepted requests',
    'autospan: http://c/v1/traces refused 10 spans, they are lost: no',
    'autospan: http://c/v1/traces answers again after 0 s: 16 spans delivered, 0 lost',
  ])
})

test('spans of an outage are kept and delivered once it is over, with one line at either end', async () => {
  const first = await collect()
  const { url } = first
  const processor = processorTo(url, { outageMillis: 0, batch: { maxExportBatchSize: 10 } })
  const all = spans(100)
  for (const one of all.slice(0, 10)) processor.onEnd(one)
  await processor.flush(5000)
  await first.close()

  for (const one of all.slice(10)) processor.onEnd(one)
  while (diag.lines.length === 0) await new Promise(setImmediate)
  assert.equal(processor.stats.queued, 90)
  assert.equal(
    diag.lines[0],
    `autospan: cannot deliver spans to ${url}: connection refused (ECONNREFUSED); keeping them and trying again`,
  )

  const second = await collect(undefined, Number(url.port))
  await second.requested(9)
  await processor.flush(5000)
  assert.deepEqual(
    [...first.ids, ...second.ids],
    all.map((one) => one.spanId),
  )
  assert.deepEqual(processor.stats, { exported: 100, dropped: 0, failed: 0, queued: 0 })
  assert.equal(diag.lines.length, 2)
  assert.match(diag.lines[1]!, /answers again after 0 s: 90 spans delivered, 0 lost$/)
})

test('a failure that passes soon is not called an outage', async () => {
  const collector = await collect(
    inTurn((response) => response.socket?.resetAndDestroy(), status(502), status(429), status(200)),
  )
  const processor = processorTo(collector.url)
  processor.onEnd(span('a'))
  await collector.requested(4)
  await processor.flush(5000)
  assert.equal(processor.stats.exported, 1)
  assert.deepEqual(diag.lines, [])
})

test('an attempt may take the shorter of the two timeouts', async () => {
  for (const [timeoutMillis, exportTimeoutMillis, expected] of [
    [10, 20, 10],
    [20, 10, 10],
    [Number.POSITIVE_INFINITY, 20, 20],
  ] as const) {
    const transport = new HeldTransport()
    processorOf(transport, { timeoutMillis, batch: { exportTimeoutMillis, maxExportBatchSize: 1 } }).onEnd(span('a'))
    await transport.posted(1)
    assert.equal(transport.posts[0]?.timeoutMillis, expected)
  }
})

test('a hanging server is left after the time allowed, and tried again', async () => {
  const collector = await collect(inTurn(() => {}, status(200)))
  const processor = processorTo(collector.url, { timeoutMillis: 50 })
  processor.onEnd(span('a'))
  await collector.requested(2)
  await processor.flush(5000)
  assert.deepEqual(collector.ids, ['a', 'a'])
  assert.equal(processor.stats.exported, 1)
})

test('a full queue drops its oldest batches, never the one under way', async () => {
  const transport = new HeldTransport()
  const processor = processorOf(transport, { batch: { maxExportBatchSize: 10, maxQueueSize: 30 } })
  const all = spans(80)
  const ids = all.map((one) => one.spanId)
  for (const one of all.slice(0, 10)) processor.onEnd(one)
  await transport.posted(1)
  for (const one of all.slice(10, 40)) processor.onEnd(one)
  assert.equal(processor.stats.dropped, 0)
  for (const one of all.slice(40, 60)) processor.onEnd(one)
  assert.deepEqual(processor.stats, { exported: 0, dropped: 20, failed: 0, queued: 40 })
  assert.deepEqual(diag.lines, [
    'autospan: the queue of spans for http://c/v1/traces is full: dropped the 10 oldest, 10 in all',
  ])

  transport.posts[0]?.answer(ACCEPTED)
  for (let i = 1; i < 4; i++) {
    await transport.posted(i + 1)
    transport.posts[i]?.answer(ACCEPTED)
  }
  await processor.flush(1000)
  assert.deepEqual(
    transport.posts.map((post) => post.ids),
    [ids.slice(0, 10), ids.slice(30, 40), ids.slice(40, 50), ids.slice(50, 60)],
  )
  assert.deepEqual(processor.stats, { exported: 40, dropped: 20, failed: 0, queued: 0 })
  processor.close()
  assert.deepEqual(diag.lines.slice(1), [
    'autospan: the queue of spans for http://c/v1/traces is full: dropped the 10 oldest, 20 in all',
  ])
})

test('a batch that failed is the oldest again, and the first to go', async () => {
  const transport = new HeldTransport()
  const processor = processorOf(transport, { batch: { maxExportBatchSize: 10, maxQueueSize: 20 } })
  for (const one of spans(30)) processor.onEnd(one)
  await transport.posted(1)
  transport.posts[0]?.answer(FAILED)
  await transport.posted(2)
  assert.equal(transport.posts[1]?.ids[0], 'span-10')
  assert.equal(processor.stats.dropped, 10)
})

test('the queue is bounded by bytes where no number is set', async () => {
  const transport = new HeldTransport()
  const processor = processorOf(transport, {
    batch: { maxExportBatchSize: 1 },
    bounds: { maxQueueBytes: 10 * (1015 + 256) },
  })
  processor.onEnd(span('under-way'))
  await transport.posted(1)
  for (let i = 0; i < 10; i++) processor.onEnd(span('x'.repeat(1000)))
  assert.equal(processor.stats.dropped, 0)
  processor.onEnd(span('x'))
  assert.equal(processor.stats.dropped, 1)
})

test('small batches go on to fill while the collector is away', async () => {
  const transport = new HeldTransport()
  const processor = processorOf(transport)
  processor.onEnd(span('a'))
  await transport.posted(1)
  for (let i = 0; i < 5; i++) {
    processor.onEnd(span(`later-${i}`))
    // Timers of one length end in the order of their making: the batch's own has ended before this one.
    await new Promise((resolve) => setTimeout(resolve, BATCH.scheduleDelayMillis))
  }
  transport.posts[0]?.answer(ACCEPTED)
  await transport.posted(2)
  assert.equal(transport.posts[1]?.ids.length, 5)
})

test('flush resolves when what waited at its call is delivered, later spans or not', async () => {
  const transport = new HeldTransport()
  const processor = processorOf(transport, { batch: { maxExportBatchSize: 1 } })
  processor.onEnd(span('a'))
  const flushed = processor.flush(NEVER)
  processor.onEnd(span('b'))
  await transport.posted(1)
  transport.posts[0]?.answer(ACCEPTED)
  await flushed
  assert.equal(processor.stats.queued, 1)
})

test('flush without spans resolves at once and connects nowhere', async () => {
  const transport = new HeldTransport()
  await processorOf(transport).flush(NEVER)
  assert.equal(transport.posts.length, 0)
})

test('flush tries at once though the next attempt is far away', async () => {
  const transport = new HeldTransport()
  const processor = processorOf(transport, { backoff: { ...QUICK, initialMillis: NEVER, capMillis: NEVER } })
  processor.onEnd(span('a'))
  await transport.posted(1)
  transport.posts[0]?.answer(FAILED)
  await new Promise(setImmediate)
  const flushed = processor.flush(NEVER)
  await transport.posted(2)
  transport.posts[1]?.answer(FAILED)
  await transport.posted(3)
  transport.posts[2]?.answer(ACCEPTED)
  await flushed
  assert.equal(processor.stats.exported, 1)
})

test('flush does not break the silence that the server asked for, and does not wait for its end in vain', async () => {
  const transport = new HeldTransport()
  const processor = processorOf(transport)
  processor.onEnd(span('a'))
  await transport.posted(1)
  transport.posts[0]?.answer({ ...FAILED, waitMillis: 60_000 })
  await new Promise(setImmediate)
  await processor.flush(59_000)
  assert.equal(transport.posts.length, 1)
  assert.equal(processor.stats.queued, 1)
})

test('flush gives a server that was never there one attempt', async () => {
  const processor = processorTo(await Collector.nowhere())
  processor.onEnd(span('a'))
  await processor.flush(NEVER)
  assert.equal(processor.stats.queued, 1)
  assert.deepEqual(diag.lines, [])
})

test('after a flush in vain there is nothing to flush until another span ends', async () => {
  const processor = processorTo(await Collector.nowhere())
  assert.equal(processor.unflushed, false)
  processor.onEnd(span('a'))
  assert.equal(processor.unflushed, true)
  await processor.flush(NEVER)
  assert.equal(processor.unflushed, false)
  processor.onEnd(span('b'))
  assert.equal(processor.unflushed, true)
  processor.close()
  assert.equal(processor.unflushed, false)
})

test('flush ends in time, and what it left goes on waiting', async () => {
  const collector = await collect(inTurn(() => {}, status(200)))
  const processor = processorTo(collector.url, { timeoutMillis: 200 })
  processor.onEnd(span('a'))
  await processor.flush(100)
  assert.equal(processor.stats.queued, 1)
  await collector.requested(2)
  await processor.flush(5000)
  assert.equal(processor.stats.exported, 1)
})

test('close says in one line what is lost, and why', async () => {
  const processor = processorTo(await Collector.nowhere(), { outageMillis: 0, batch: { maxExportBatchSize: 10 } })
  for (const one of spans(25)) processor.onEnd(one)
  await processor.flush(1000)
  processor.close()
  processor.close()
  processor.onEnd(span('late'))
  assert.equal(diag.lines.length, 1)
  assert.match(
    diag.lines[0]!,
    /^autospan: lost 25 spans, not delivered to http:.*: connection refused \(ECONNREFUSED\)$/,
  )
  assert.deepEqual(processor.stats, { exported: 0, dropped: 26, failed: 0, queued: 0 })
})

test('what was dropped is not told once more with what is lost at the end', async () => {
  const transport = new HeldTransport()
  const processor = processorOf(transport, { batch: { maxExportBatchSize: 10, maxQueueSize: 30 } })
  for (const one of spans(10)) processor.onEnd(one)
  await transport.posted(1)
  for (const one of spans(60)) processor.onEnd(one)
  processor.handOver()
  // As by `exit` and then `reallyExit`.
  for (let i = 0; i < 2; i++) processor.conclude()
  assert.deepEqual(diag.lines, [
    'autospan: the queue of spans for http://c/v1/traces is full: dropped the 10 oldest, 10 in all',
    'autospan: lost 60 spans, not delivered to http://c/v1/traces: the process ended before they were sent',
  ])
})

test('close without any attempt says so', () => {
  const processor = processorOf(new HeldTransport())
  processor.onEnd(span('a'))
  processor.close()
  assert.deepEqual(diag.lines, [
    'autospan: lost 1 span, not delivered to http://c/v1/traces: the process ended before they were sent',
  ])
})

test('an encoder that fails costs its batch and nothing else', async () => {
  const collector = await collect()
  const encoder = new IdEncoder()
  const take = encoder.take.bind(encoder)
  let calls = 0
  encoder.take = () => {
    const body = take()
    if (calls++ === 0) throw new Error('boom')
    return body
  }
  const transport = new HttpTransport(settingsTo(collector.url))
  const processor = new BatchProcessor({
    signal: TRACES,
    encoder,
    transport,
    batch: { ...BATCH, maxExportBatchSize: 2 },
    bounds: BOUNDS,
    timeoutMillis: 5000,
  })
  cleanups.push(() => processor.close())
  for (const one of spans(4)) processor.onEnd(one)
  await processor.flush(5000)
  assert.deepEqual(collector.ids, ['span-2', 'span-3'])
  assert.deepEqual(processor.stats, { exported: 2, dropped: 2, failed: 0, queued: 0 })
})

test('several destinations get every span, and one that is down does not matter to the others', async () => {
  const collector = await collect()
  const processors = [processorTo(await Collector.nowhere()), processorTo(collector.url)]
  const all = fanOut(processors)
  for (const one of spans(3)) all.onEnd(one)
  await Promise.all(processors.map((processor) => processor.flush(5000)))
  assert.equal(collector.ids.length, 3)
  for (const processor of processors) processor.close()
  assert.equal(diag.lines.length, 1)
})

test('a record that comes too late is concluded all the same: it is measured', () => {
  const concluded: string[] = []
  const processor = new BatchProcessor<SpanData>({
    signal: TRACES,
    encoder: new IdEncoder(),
    conclude: ({ spanId }) => concluded.push(spanId),
    together: 16,
    transport: new HeldTransport(),
    batch: BATCH,
    bounds: BOUNDS,
    timeoutMillis: 10_000,
  })
  const [first, second, third] = spans(3)
  processor.onEnd(first!)
  assert.equal(concluded.length, 0)
  processor.concludeAll()
  assert.equal(concluded.join(), first!.spanId)
  processor.onEnd(second!)
  processor.close()
  processor.onEnd(third!)
  assert.ok(concluded.includes(third!.spanId))
})
