import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type IdBits, idBitsBeside, newIdBits, newSpanId, newTraceId } from '../../src/trace/id.js'

/** More than the random bytes that are made at a time hold. */
const MANY = 2000

test('the bits of ids are those of their digits, for new traces and for spans in known ones', () => {
  for (let i = 0; i < MANY; i++) {
    // Ids of others in between, so that pairs stand everywhere in what is made at a time.
    if (i % 3 === 0) newSpanId()
    const traceId = newTraceId()
    const rootId = newSpanId()
    const root = newIdBits()
    assert.equal(digitsOf(root), traceId + rootId)
    const childId = newSpanId()
    assert.equal(digitsOf(idBitsBeside(root)), traceId + childId)
  }
})

function digitsOf(bits: IdBits): string {
  const bytes = Buffer.alloc(24)
  for (const [i, word] of bits.entries()) bytes.writeInt32LE(word, 4 * i)
  return bytes.toString('hex')
}
