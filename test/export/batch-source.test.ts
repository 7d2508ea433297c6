import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchSource } from '../../src/export/batch-source.js'
import type { SpanData } from '../../src/trace/span.js'
import { IdEncoder, idsOf, spans } from './collector.js'

/** `encoded`: how many of the spans added so far are bytes, after each of them. */
const ROWS = [
  { name: 'each at once', together: 1, batchRecords: 4, encoded: [1, 2, 3, 4] },
  { name: 'some at a time', together: 3, batchRecords: 512, encoded: [0, 0, 3, 3, 3, 6, 6] },
  { name: 'a batch that is full sooner', together: 16, batchRecords: 2, encoded: [0, 2] },
  { name: 'a batch that is full in between', together: 3, batchRecords: 4, encoded: [0, 0, 3, 4] },
  { name: 'a batch of one', together: 16, batchRecords: 1, encoded: [1] },
]

for (const { name, together, batchRecords, encoded } of ROWS) {
  test(`records are encoded together: ${name}`, () => {
    const encoder = new IdEncoder()
    const source = new BatchSource(encoder, together, batchRecords)
    const all = spans(encoded.length)
    const counts = all.map((span) => {
      const before = encoder.count
      assert.equal(source.add(span), encoder.count > before)
      assert.equal(source.isFull, encoder.count === batchRecords)
      return encoder.count
    })
    assert.deepEqual(counts, encoded)

    // Whoever asks has all of them encoded, once and in order.
    assert.equal(source.count, all.length)
    const { records, body } = source.take()
    assert.deepEqual([records, idsOf(body)], [all.length, all.map(({ spanId }) => spanId)])
    assert.equal(source.count, 0)
  })
}

test('a request that is taken has what waits to be encoded', () => {
  const source = new BatchSource(new IdEncoder(), 16, 512)
  for (const span of spans(5)) source.add(span)
  const { records, body } = source.take()
  assert.deepEqual([records, idsOf(body).length], [5, 5])
})

test('records that come while others are encoded are concluded and encoded after these', () => {
  const [first, second, third, later, last] = spans(5)
  const encoder = new IdEncoder()
  const concluded: string[] = []
  const source = new BatchSource(encoder, 3, 512, ({ spanId }) => concluded.push(spanId))
  source.add(first!)
  source.add(second!)
  // As the program's own objects may do that are asked for their values.
  const add = encoder.add.bind(encoder)
  encoder.add = (span) => {
    if (span === first) for (const one of [later!, last!]) source.add(one)
    add(span)
  }
  source.add(third!)
  const all = [first, second, third, later, last].map((span) => span!.spanId)
  assert.deepEqual(idsOf(source.take().body), all)
  assert.deepEqual(concluded, all)
})

test('records are concluded once, all that are encoded together before the first of them is; then others are told', () => {
  const encoder = new IdEncoder()
  const order: string[] = []
  const conclude = ({ spanId }: SpanData) => order.push(`concluded ${spanId}`)
  const source = new BatchSource(encoder, 2, 512, conclude, () => order.push('told'))
  const add = encoder.add.bind(encoder)
  encoder.add = (span) => {
    order.push(`encoded ${span.spanId}`)
    add(span)
  }
  const [a, b, c] = spans(3)
  for (const span of [a!, b!, c!]) source.add(span)
  assert.equal(source.count, 3)
  source.take()
  const steps = (ids: (string | undefined)[]) => [
    ...['concluded', 'encoded'].flatMap((step) => ids.map((id) => `${step} ${id}`)),
    'told',
  ]
  assert.deepEqual(order, [...steps([a?.spanId, b?.spanId]), ...steps([c?.spanId])])
})
