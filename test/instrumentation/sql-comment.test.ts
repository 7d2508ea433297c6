import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withComment } from '../../src/instrumentation/sql-comment.js'
import { traceContext } from '../../src/propagation/trace-context.js'
import { parseTraceState } from '../../src/propagation/trace-state.js'
import { NonRecordingSpan } from '../../src/trace/non-recording-span.js'

const TRACE_ID = '5bd66ef5095369c7b0d1f8f4bd33716a'
const SPAN_ID = 'c532cb4098ac3dd2'
const COMMENT = `/*traceparent='00-${TRACE_ID}-${SPAN_ID}-01'*/`

function spanOf(state = '', traceId = TRACE_ID): NonRecordingSpan {
  const traceState = parseTraceState(state)
  return new NonRecordingSpan({ traceId, spanId: SPAN_ID, traceFlags: 1, ...(traceState && { traceState }) })
}

for (const [text, commented] of [
  ['SELECT 1', `SELECT 1 ${COMMENT}`],
  ['SELECT 1;', `SELECT 1 ${COMMENT};`],
  ['SELECT 1; SELECT 2 ;\n', `SELECT 1; SELECT 2 ${COMMENT} ;\n`],
  ["SELECT ';'", `SELECT ';' ${COMMENT}`],
  ['SELECT /* of the program */ 1', 'SELECT /* of the program */ 1'],
  ['SELECT 1 -- of the program', 'SELECT 1 -- of the program'],
  ["SELECT '--'", "SELECT '--'"],
  ['', ''],
  [' ; ', ' ; '],
] as const) {
  test(`${JSON.stringify(text)} is sent as ${JSON.stringify(commented)}`, () => {
    assert.equal(withComment(text, spanOf(), traceContext), commented)
  })
}

for (const [state, shown] of [
  // The one of the specification of sqlcommenter.
  ['congo=t61rcWkgMzE,rojo=00f067aa0ba902b7', 'congo%3Dt61rcWkgMzE%2Crojo%3D00f067aa0ba902b7'],
  ["a*/b='; DROP TABLE t", 'a*%2Fb%3D%27%3B%20DROP%20TABLE%20t'],
] as const) {
  test(`tracestate ${state} stays in its quotes and its comment`, () => {
    const expected = `SELECT 1 ${COMMENT.replace('*/', `,tracestate='${shown}'*/`)}`
    assert.equal(withComment('SELECT 1', spanOf(state), traceContext), expected)
  })
}

test('a span that is none has no comment', () => {
  assert.equal(withComment('SELECT 1', spanOf('', '0'.repeat(32)), traceContext), 'SELECT 1')
})

test('blanks by the million are no work', () => {
  const text = `SELECT${' '.repeat(1_000_000)}1${' '.repeat(1_000_000)}`
  assert.ok(withComment(text, spanOf(), traceContext).includes(`1 ${COMMENT}`))
})
