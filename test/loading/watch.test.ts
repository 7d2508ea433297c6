import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BOTH_LIVES, watch } from '../harness/watched.js'

test('node --watch: the spans of each life of the program arrive, and each says once what it traces', async (t) => {
  const { drawn, printed, said } = await watch(t, ['--watch'])
  assert.equal(drawn, BOTH_LIVES)
  assert.deepEqual(printed, ['it says one', 'it says two'])
  assert.deepEqual(
    said.map((line) => / traces /.test(line)),
    [true, true],
  )
})
