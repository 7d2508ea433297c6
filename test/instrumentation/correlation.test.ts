import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SpanContext, trace } from '@opentelemetry/api'
import { ROOT_CONTEXT } from '../../src/context/context.js'
import { runIn } from '../../src/context/manager.js'
import { Correlation, DEFAULT_CORRELATION_NAMES } from '../../src/instrumentation/correlation.js'
import { ILL_FORMED } from '../trace/tracing.js'

const correlation = new Correlation(DEFAULT_CORRELATION_NAMES)
const LINE = '{"msg":"sold"}\n'

/** What is added to a record, and to one that is a line already, where a span of this identity is active. */
function added(identity: SpanContext): unknown[] {
  const context = trace.setSpanContext(ROOT_CONTEXT, identity)
  return runIn(context, () => [correlation.fieldsFor({}), correlation.addToLine(LINE)], undefined)
}

for (const [what, identity] of Object.entries(ILL_FORMED)) {
  test(`a record below a context that the program has made with ${what} stays as it is`, () => {
    assert.deepEqual(added(identity), [undefined, LINE])
  })
}

test('a record below a context that the program has made tells its ids, and that it is not sampled where that is not said', () => {
  const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
  const [fields, line] = added(ids as SpanContext)
  const expected = { trace_id: ids.traceId, span_id: ids.spanId, trace_flags: '00' }
  assert.deepEqual([fields, JSON.parse(String(line))], [expected, { msg: 'sold', ...expected }])
})
