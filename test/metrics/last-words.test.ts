import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Descriptor } from '../../src/metrics/instrument.js'
import { encodeAnnouncement } from '../../src/metrics/measurement-message.js'
import { AgentMeterProvider } from '../../src/metrics/provider.js'
import { MetricReader } from '../../src/metrics/reader.js'
import { ThreadMetrics } from '../../src/metrics/thread-metrics.js'

const SCOPE = { name: 'shop', version: '', schemaUrl: '' }
const TURNS: Descriptor = {
  kind: 'observable_counter',
  name: 'shop.turns',
  description: '',
  unit: '',
  isInt: true,
  boundaries: [],
  isBackground: false,
}

function readerOf(): MetricReader {
  return new MetricReader({
    temporality: 'cumulative',
    histograms: 'explicit_bucket_histogram',
    exemplars: 'always_off',
    keepsExemplars: false,
  })
}

/** How many threads a collection tells of. */
function threadsIn(reader: MetricReader): number {
  let threads = 0
  reader.collectNow(({ points }) => {
    threads += points.length
  })
  return threads
}

function endThread(metrics: ThreadMetrics, id: number): void {
  const thread = metrics.add(id)
  const points = [{ attributes: ['thread.id', id], value: 5 }]
  thread.take(encodeAnnouncement({ observed: [{ scope: SCOPE, descriptor: TURNS, points }] }))
  thread.end()
}

test('what a thread has observed last is told to each reader once, however often another one asks', () => {
  const [often, seldom] = [readerOf(), readerOf()]
  const provider = new AgentMeterProvider([often, seldom])
  const metrics = new ThreadMetrics({ provider, drain: () => {}, onMeasured: () => {} })
  endThread(metrics, 1)
  assert.deepEqual([threadsIn(often), threadsIn(often), threadsIn(often)], [1, 0, 0])
  assert.deepEqual([threadsIn(seldom), threadsIn(seldom)], [1, 0])
})

test('for a reader that never asks 100 threads are kept, at most', () => {
  const [often, never] = [readerOf(), readerOf()]
  const provider = new AgentMeterProvider([often, never])
  const metrics = new ThreadMetrics({ provider, drain: () => {}, onMeasured: () => {} })
  for (let id = 1; id <= 130; id++) endThread(metrics, id)
  assert.equal(threadsIn(often), 130)
  assert.equal(threadsIn(never), 100)
})
