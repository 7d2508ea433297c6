import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteBuffer } from '../../src/otlp/bytes.js'
import { ScopeBuffers } from '../../src/otlp/scopes.js'

const MEBIBYTE = 2 ** 20

const newScope = (name: string) => ({ name, version: '', schemaUrl: '' })
const newBuffers = () => new ScopeBuffers((scope) => ({ head: Buffer.from(scope.name), records: new ByteBuffer() }))

test('a scope keeps its buffer from batch to batch', () => {
  const buffers = newBuffers()
  const [a, b] = [newScope('a'), newScope('b')]
  const { records } = buffers.of(a)
  records.text('one')
  buffers.of(b).records.text('two')
  assert.equal(buffers.of(a).records, records)
  assert.deepEqual(
    buffers.filled().map(({ scope }) => scope),
    [a, b],
  )
  const { bytes } = records
  buffers.clear()
  assert.deepEqual(buffers.filled(), [])
  assert.equal(buffers.of(a).records.bytes, bytes)
})

test('not more than a mebibyte is kept between batches, however large they were', () => {
  const buffers = newBuffers()
  const scopes = Array.from({ length: 10 }, (_, i) => newScope(`${i}`))
  const kept = () => scopes.map((scope) => buffers.of(scope).records.bytes.length).reduce((sum, size) => sum + size)
  for (const size of [1000, 100_000, 300_000, 2 * MEBIBYTE, 100_000]) {
    for (const scope of scopes) buffers.of(scope).records.reserve(size)
    assert.ok(kept() >= 10 * size)
    buffers.clear()
    assert.ok(kept() <= MEBIBYTE, `${kept()}`)
  }
  for (const scope of scopes) buffers.of(scope).records.reserve(100_000)
  buffers.clear()
  assert.ok(kept() >= 10 * 100_000)
})

test('scopes are not kept for ever where a program makes them up', () => {
  const buffers = newBuffers()
  const scopes = Array.from({ length: 65 }, (_, i) => newScope(`${i}`))
  const first = buffers.of(scopes[0]!)
  for (const scope of scopes.slice(0, 64)) buffers.of(scope).records.text('x')
  buffers.clear()
  assert.equal(buffers.of(scopes[0]!), first)
  buffers.of(scopes[64]!)
  buffers.clear()
  assert.notEqual(buffers.of(scopes[0]!), first)
})
