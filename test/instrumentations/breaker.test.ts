import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

/** Lines about one subject. */
function linesWith(stderr: string, text: string): string[] {
  return stderr.split('\n').filter((line) => line.includes(text))
}

test('a part of a library that keeps failing is switched off and said, and the others go on', async (t) => {
  const sink = await startSink(t)
  const { stdout, stderr, code } = await run('http/poisoned.mjs', {
    env: { COUNT: '10', ...sink.env },
  })
  assert.equal(code, 0)
  assert.equal(stdout, '55 bytes\n')
  assert.equal(linesWith(stderr, 'internal error in http client').length, 1)
  const off = linesWith(stderr, 'switched off')
  assert.equal(off.length, 1, stderr)
  assert.match(
    off[0] ?? '',
    /http client failed 10 times within \d+ s and is switched off for 60 s; the last fault was in http client: TypeError: no headers for you/,
  )
  const spans = await sink.settled()
  // All that it serves, and of what it sends not even the last.
  assert.deepEqual(
    spans.map(({ kind }) => kind),
    new Array(11).fill(2),
  )
})

test('one fault less switches off nothing', async (t) => {
  const sink = await startSink(t)
  const { stdout, stderr } = await run('http/poisoned.mjs', {
    env: { COUNT: '9', ...sink.env },
  })
  assert.equal(stdout, '50 bytes\n')
  assert.deepEqual(linesWith(stderr, 'switched off'), [])
  const spans = await sink.settled()
  assert.equal(spans.filter(({ kind }) => kind === 3).length, 1)
  assert.equal(spans.filter(({ kind }) => kind === 2).length, 10)
})
