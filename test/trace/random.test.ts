import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSpanId, newTraceId } from '../../src/trace/id.js'
import { fillRandom, generate } from '../../src/trace/random.js'

test('numbers are those of the reference implementation', () => {
  const words = new Uint32Array(10)
  generate(Uint32Array.of(1, 2, 3, 4), words)
  const known = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804]
  assert.deepEqual([...words], known)
})

test('they go on where they were', () => {
  const state = Uint32Array.of(1, 2, 3, 4)
  const [first, second, both] = [new Uint32Array(3), new Uint32Array(5), new Uint32Array(8)]
  generate(state, first)
  generate(state, second)
  generate(Uint32Array.of(1, 2, 3, 4), both)
  assert.deepEqual([...first, ...second], [...both])
})

test('the seed is not always the same word', () => {
  const words = new Uint32Array(64)
  fillRandom(words)
  assert.ok(new Set(words).size > 60)
})

test('ids are unlike each other, whole, and have each digit in each place', () => {
  const traces = new Set<string>()
  const spans = new Set<string>()
  for (let i = 0; i < 20_000; i++) {
    traces.add(newTraceId())
    spans.add(newSpanId())
  }
  assert.equal(traces.size, 20_000)
  assert.equal(spans.size, 20_000)
  for (const [ids, digits] of [
    [traces, 32],
    [spans, 16],
  ] as const) {
    for (const id of ids) assert.match(id, new RegExp(`^[0-9a-f]{${digits}}$`))
    for (let place = 0; place < digits; place++) {
      assert.equal(new Set([...ids].map((id) => id[place])).size, 16)
    }
  }
})
