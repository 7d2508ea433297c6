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
  ofPeriods: undefined,
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

test('for readers that do not ask 1000 threads are kept, and the last one', () => {
  const [late, never] = [readerOf(), readerOf()]
  const provider = new AgentMeterProvider([late, never])
  const metrics = new ThreadMetrics({ provider, drain: () => {}, onMeasured: () => {} })
  for (let id = 1; id <= 1030; id++) endThread(metrics, id)
  assert.equal(threadsIn(late), 1001)
  assert.equal(threadsIn(never), 1000)
})

/** Delays that a thread has observed, one period after the other, and what a reader is told that asks afterwards. */
const DELAYS = ['min', 'max', 'mean'] as const
type Delays = Partial<Readonly<Record<(typeof DELAYS)[number], number>>>

function delaysOf(thread: ReturnType<ThreadMetrics['add']>, delays: Delays): void {
  const ofPeriods = { min: 'least', max: 'most', mean: 'last' } as const
  const observed = Object.entries(delays).map(([name, value]) => ({
    scope: SCOPE,
    descriptor: { ...TURNS, kind: 'observable_gauge', name, ofPeriods: ofPeriods[name as keyof Delays] } as const,
    points: [{ attributes: ['thread.id', 1], value }],
  }))
  const turns = { scope: SCOPE, descriptor: TURNS, points: [{ attributes: ['thread.id', 1], value: delays.max ?? 0 }] }
  thread.take(encodeAnnouncement({ observed: [...observed, turns] }))
}

function delaysIn(reader: MetricReader): Record<string, number> {
  const told: Record<string, number> = {}
  reader.collectNow(({ descriptor: { name }, points: [point] }) => {
    told[name] = (point as { value: number }).value
  })
  return told
}

test('of periods that a reader has missed it is told the extremes, and of all else the last', () => {
  const [often, seldom] = [readerOf(), readerOf()]
  const provider = new AgentMeterProvider([often, seldom])
  const thread = new ThreadMetrics({ provider, drain: () => {}, onMeasured: () => {} }).add(1)
  delaysOf(thread, { min: 2, max: 9, mean: 5 })
  assert.deepEqual(delaysIn(often), { min: 2, max: 9, mean: 5, 'shop.turns': 9 })
  delaysOf(thread, { min: 3, max: 5, mean: 4 })
  assert.deepEqual(delaysIn(often), { min: 3, max: 5, mean: 4, 'shop.turns': 5 })
  // A period without a sample.
  delaysOf(thread, {})
  delaysOf(thread, {})
  assert.deepEqual(delaysIn(seldom), { min: 2, max: 9, mean: 4, 'shop.turns': 0 })
  assert.deepEqual(delaysIn(often), { 'shop.turns': 0 })
  delaysOf(thread, { min: 7, max: 9, mean: 8 })
  delaysOf(thread, { min: 6, max: 8, mean: 7 })
  for (const reader of [often, seldom]) {
    assert.deepEqual(delaysIn(reader), { min: 6, max: 9, mean: 7, 'shop.turns': 8 })
    // Nothing has come since: it is the same still.
    assert.deepEqual(delaysIn(reader), { min: 6, max: 8, mean: 7, 'shop.turns': 8 })
  }
  thread.end()
  for (const reader of [often, seldom]) {
    assert.deepEqual(delaysIn(reader), { min: 6, max: 8, mean: 7, 'shop.turns': 8 })
    assert.deepEqual(delaysIn(reader), {})
  }
})
