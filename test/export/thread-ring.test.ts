import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ThreadRing } from '../../src/export/thread-ring.js'

const KILOBYTE = 1024

/** Both ends of one memory, as two threads have them. */
function ends(): { writer: ThreadRing; reader: ThreadRing } {
  const memory = ThreadRing.allocate()
  return { writer: new ThreadRing(memory), reader: new ThreadRing(memory) }
}

const bodyOf = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 0xff)

test('requests come out as they went in, oldest first', () => {
  const { writer, reader } = ends()
  writer.write('spans', { records: 3, body: bodyOf(5, 1) })
  writer.write('logs', { records: 70_000, body: bodyOf(0, 2) })
  assert.deepEqual(reader.read(), { signal: 'spans', records: 3, body: bodyOf(5, 1) })
  assert.deepEqual(reader.read(), { signal: 'logs', records: 70_000, body: bodyOf(0, 2) })
  assert.equal(reader.read(), undefined)
})

test('they do so wherever the memory comes to its end', () => {
  const { writer, reader } = ends()
  for (let i = 0; i < 3000; i++) {
    const [one, two] = [bodyOf(1000 + (i % 7), i), bodyOf(i % 13, i)]
    assert.ok(writer.write('spans', { records: i, body: one }) && writer.write('logs', { records: i, body: two }))
    assert.deepEqual(reader.read(), { signal: 'spans', records: i, body: one })
    assert.deepEqual(reader.read(), { signal: 'logs', records: i, body: two })
  }
})

test('what there is no room for is refused in whole, and there is room again when something was read', () => {
  const { writer, reader } = ends()
  const body = bodyOf(100 * KILOBYTE, 7)
  let written = 0
  while (writer.write('spans', { records: 1, body })) written++
  assert.equal(written, 10)
  const left = writer.freeBytes
  assert.ok(left < body.byteLength)
  assert.equal(writer.write('spans', { records: 1, body: bodyOf(left + 1, 8) }), false)
  assert.equal(writer.write('spans', { records: 1, body: bodyOf(left, 8) }), true)
  for (let i = 0; i < written; i++) assert.deepEqual(reader.read()?.body, body)
  assert.deepEqual(reader.read()?.body, bodyOf(left, 8))
  assert.equal(reader.read(), undefined)
  assert.ok(writer.write('spans', { records: 1, body }))
})

test('both ends know how many spans are open', () => {
  const { writer, reader } = ends()
  assert.equal(reader.openSpans, 0)
  writer.openSpans = 7
  assert.equal(reader.openSpans, 7)
})

test('one thread writes: to others the memory is refused', () => {
  const { writer, reader } = ends()
  assert.equal(writer.claim(), true)
  assert.equal(reader.claim(), false)
})

test('the reader is called with the first request, however small, and then when there is much', async () => {
  const { writer, reader } = ends()
  let calls = 0
  const call = () =>
    reader.called().then(() => {
      calls++
    })
  let called = call()
  writer.write('spans', { records: 1, body: bodyOf(1, 1) })
  await called
  called = call()
  const body = bodyOf(KILOBYTE, 1)
  let written = 0
  while (calls === 1) {
    assert.ok(writer.write('spans', { records: 1, body }))
    written += KILOBYTE
    await new Promise((resolve) => setImmediate(resolve))
  }
  await called
  // A quarter of the memory, and what was written until the call was heard.
  assert.ok(written > 250 * KILOBYTE, String(written))
})
