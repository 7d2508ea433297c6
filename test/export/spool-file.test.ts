import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerOf, nameOf, readName, readRequest } from '../../src/export/spool/file.js'

const KEPT = { body: Buffer.from('some bytes of a request'), records: 7 }
const FILE = Buffer.concat([headerOf(KEPT), KEPT.body])

test('what was kept is read again', () => {
  assert.deepEqual(readRequest(FILE), KEPT)
  const empty = { body: Buffer.alloc(0), records: 0 }
  assert.deepEqual(readRequest(Buffer.from(headerOf(empty))), empty)
})

test('a file that ends at any byte, or goes on, is not taken', () => {
  for (let length = 0; length < FILE.length; length++) assert.equal(readRequest(FILE.subarray(0, length)), undefined)
  assert.equal(readRequest(Buffer.concat([FILE, Buffer.of(0)])), undefined)
})

test('a file of which any byte is another is not taken', () => {
  for (let at = 0; at < FILE.length; at++) {
    const altered = Buffer.from(FILE)
    altered[at]! ^= 0x10
    assert.equal(readRequest(altered), undefined, `byte ${at}`)
  }
})

test('names tell when a file was made, and how many records it has', () => {
  const name = nameOf(1_700_000_000_000, 3, 512, 'span.pb')
  assert.deepEqual(readName(name, 'span.pb'), { madeMillis: 1_700_000_000_000, records: 512 })
  for (const kind of ['log.pb', 'span.json', 'pb']) assert.equal(readName(name, kind), undefined)
  for (const other of ['x', `${name}.tmp`, 'corrupt']) assert.equal(readName(other, 'span.pb'), undefined)
})
