import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createTraceState,
  defaultTextMapGetter,
  INVALID_SPAN_CONTEXT,
  type SpanContext,
  trace,
} from '@opentelemetry/api'
import { ROOT_CONTEXT, SPAN_KEY, SUPPRESS_KEY, spanOf } from '../../src/context/context.js'
import { activeContext, runIn } from '../../src/context/manager.js'
import { traceContext } from '../../src/propagation/trace-context.js'
import { toUnixMillis } from '../../src/trace/clock.js'
import { NonRecordingSpan } from '../../src/trace/non-recording-span.js'
import { alwaysOff, alwaysOn, parentBased } from '../../src/trace/sampler.js'
import { ILL_FORMED, recordingTracer } from './tracing.js'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN_ID = 'b7ad6b7169203331'

function remote(traceFlags: number, more: Partial<SpanContext> = {}) {
  return ROOT_CONTEXT.setValue(
    SPAN_KEY,
    new NonRecordingSpan({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags, isRemote: true, ...more }),
  )
}

test('a root span has new random ids, the sampled and the random flag', () => {
  const { tracer } = recordingTracer()
  const a = tracer.startSpan('a').spanContext()
  const b = tracer.startSpan('b').spanContext()
  assert.match(a.traceId, /^(?!0{32})[0-9a-f]{32}$/)
  assert.match(a.spanId, /^(?!0{16})[0-9a-f]{16}$/)
  assert.equal(a.traceFlags, 3)
  assert.notEqual(a.traceId, b.traceId)
  assert.equal(a.isRemote, undefined)
})

test('the bits of ids are those of their digits, below a parent whose bits have been read too', () => {
  const { tracer, ended } = recordingTracer()
  const carrier = { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` }
  const context = traceContext.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter)
  const span = tracer.startSpan('served', {}, context)
  tracer.startSpan('called', {}, context.setValue(SPAN_KEY, span)).end()
  span.end()
  tracer.startSpan('root').end()
  for (const { traceId, spanId, parentSpanId, bits, parentBits } of ended) {
    assert.deepEqual(bits, bitsOf(traceId + spanId))
    assert.deepEqual(parentBits, parentSpanId === '' ? undefined : bitsOf(traceId + parentSpanId))
  }
  assert.deepEqual(
    ended.map(({ parentSpanId }) => parentSpanId),
    [span.spanContext().spanId, SPAN_ID, ''],
  )
})

function bitsOf(digits: string): number[] {
  const bytes = Buffer.from(digits, 'hex')
  return [0, 4, 8, 12, 16, 20].map((at) => bytes.readInt32LE(at))
}

test('a root span that began a while ago says so, and moves no other', () => {
  const { tracer, ended } = recordingTracer()
  const startTime = performance.now() / 2
  tracer.startSpan('late', { startTime }).end()
  tracer.startSpan('now').end()
  const [late, now] = ended.map((span) => toUnixMillis(span.startTime, span.anchor))
  assert.ok(startTime > 20, 'this process has lived for too short to tell')
  assert.ok(now! - late! > startTime - 10, `${now! - late!} ms ago, where ${startTime} was given`)
})

test("a child is in its parent's trace with a span id of its own", () => {
  const { tracer, ended } = recordingTracer()
  const traceState = createTraceState('vendor=1')
  const child = tracer.startSpan('child', {}, remote(1, { traceState }))
  child.end()
  assert.equal(child.spanContext().traceId, TRACE_ID)
  assert.notEqual(child.spanContext().spanId, SPAN_ID)
  assert.equal(child.spanContext().traceState, traceState)
  assert.deepEqual([ended[0]?.parentSpanId, ended[0]?.parentIsRemote], [SPAN_ID, true])
})

for (const [flags, expected] of [
  [0x01, 0x01],
  [0x03, 0x03],
] as const) {
  test(`the random flag of a parent with flags ${flags} is copied`, () => {
    const { tracer } = recordingTracer()
    assert.equal(tracer.startSpan('child', {}, remote(flags)).spanContext().traceFlags, expected)
  })
}

test('an invalid parent is no parent', () => {
  const { tracer, ended } = recordingTracer()
  tracer.startSpan('root', {}, ROOT_CONTEXT.setValue(SPAN_KEY, new NonRecordingSpan(INVALID_SPAN_CONTEXT))).end()
  assert.equal(ended[0]?.parentSpanId, '')
  assert.notEqual(ended[0]?.traceId, INVALID_SPAN_CONTEXT.traceId)
})

for (const [what, identity] of Object.entries(ILL_FORMED)) {
  test(`a context that the program has made with ${what} is no parent`, () => {
    const { tracer, ended } = recordingTracer({ sampler: parentBased(alwaysOn) })
    const context = trace.setSpanContext(ROOT_CONTEXT, identity)
    tracer.startSpan('root', {}, context).end()
    assert.equal(ended[0]?.parentSpanId, '')
    assert.match(ended[0].traceId, /^[\da-f]{32}$/)
    assert.notEqual(ended[0].traceId, TRACE_ID)
  })
}

test('null in the place of a span is no parent', () => {
  const { tracer, ended } = recordingTracer()
  tracer.startSpan('root', {}, trace.setSpan(ROOT_CONTEXT, null as never)).end()
  assert.equal(ended[0]?.parentSpanId, '')
})

test('a context that the program has made is a parent, with digits of either case', () => {
  const { tracer, ended } = recordingTracer()
  for (const change of ['toLowerCase', 'toUpperCase'] as const) {
    const identity = { traceId: TRACE_ID[change](), spanId: SPAN_ID[change](), traceFlags: 1 }
    tracer.startSpan('child', {}, trace.setSpanContext(ROOT_CONTEXT, identity)).end()
    const { traceId, parentSpanId } = ended.at(-1)!
    assert.deepEqual([traceId, parentSpanId], [identity.traceId, identity.spanId])
  }
})

test('root: true ignores the parent of the context', () => {
  const { tracer, ended } = recordingTracer()
  tracer.startSpan('root', { root: true }, remote(1)).end()
  assert.equal(ended[0]?.parentSpanId, '')
  assert.notEqual(ended[0]?.traceId, TRACE_ID)
})

test('startActiveSpan makes the span active in its function, in each of its forms', async () => {
  const { tracer } = recordingTracer()
  const context = remote(1)
  assert.equal(
    tracer.startActiveSpan('one', (span) => spanOf(activeContext()) === span),
    true,
  )
  assert.equal(
    await tracer.startActiveSpan('two', { kind: 1 }, async (span) => {
      await null
      return spanOf(activeContext()) === span
    }),
    true,
  )
  assert.equal(
    tracer.startActiveSpan('three', {}, context, (span) => span.spanContext().traceId),
    TRACE_ID,
  )
  assert.equal(activeContext(), ROOT_CONTEXT)
})

for (const none of [undefined, null]) {
  test(`options and contexts that are ${none} have their defaults`, () => {
    const { tracer, ended } = recordingTracer()
    tracer.startActiveSpan('parent', none as never, none as never, (parent) => {
      tracer.startSpan('one', none as never, none as never).end()
      tracer.startActiveSpan('two', none as never, (span) => span.end())
      parent.end()
    })
    const { spanId } = ended[2]!
    assert.deepEqual(
      ended.map(({ name, kind, parentSpanId }) => [name, kind, parentSpanId]),
      [
        ['one', 0, spanId],
        ['two', 0, spanId],
        ['parent', 0, ''],
      ],
    )
  })
}

test('spans started in the active context are its children', () => {
  const { tracer, ended } = recordingTracer()
  tracer.startActiveSpan('parent', (parent) => {
    tracer.startSpan('child').end()
    parent.end()
    assert.equal(ended[0]?.parentSpanId, parent.spanContext().spanId)
    assert.equal(ended[0]?.parentIsRemote, false)
    assert.equal(ended[0]?.anchor, ended[1]?.anchor)
  })
})

test('a dropped span records nothing, has a span id of its own, and tells its children so', () => {
  const { tracer, ended } = recordingTracer({ sampler: parentBased(alwaysOff) })
  const span = tracer.startSpan('dropped')
  const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, span))
  span.end()
  child.end()
  assert.equal(span.isRecording(), false)
  assert.equal(span.spanContext().traceFlags, 2)
  assert.equal(child.spanContext().traceFlags, 2)
  assert.equal(child.spanContext().traceId, span.spanContext().traceId)
  assert.notEqual(child.spanContext().spanId, span.spanContext().spanId)
  assert.equal(ended.length, 0)
})

test('where tracing is suppressed, spans do not record and keep the parent', () => {
  const { tracer, ended } = recordingTracer()
  runIn(
    remote(1).setValue(SUPPRESS_KEY, true),
    () => {
      const span = tracer.startSpan('quiet')
      assert.equal(span.isRecording(), false)
      assert.equal(span.spanContext().spanId, SPAN_ID)
      span.end()
    },
    undefined,
  )
  assert.equal(ended.length, 0)
})

test('a tracer is made once for a name, version and schema URL', () => {
  const { provider } = recordingTracer()
  assert.equal(provider.getTracer('a', '1'), provider.getTracer('a', '1'))
  assert.notEqual(provider.getTracer('a', '1'), provider.getTracer('a', '2'))
  assert.notEqual(provider.getTracer('a', '1'), provider.getTracer('a', '1', { schemaUrl: 'x' }))
  assert.doesNotThrow(() =>
    provider
      .getTracer(undefined as never)
      .startSpan('unnamed')
      .end(),
  )
})

const samplers = [
  ['always_on', alwaysOn, undefined, true],
  ['always_on under an unsampled parent', alwaysOn, 0, true],
  ['always_off', alwaysOff, undefined, false],
  ['always_off under a sampled parent', alwaysOff, 1, false],
  ['parentbased_always_on, no parent', parentBased(alwaysOn), undefined, true],
  ['parentbased_always_on, sampled parent', parentBased(alwaysOn), 1, true],
  ['parentbased_always_on, unsampled parent', parentBased(alwaysOn), 0, false],
  ['parentbased_always_on, parent with only the random flag', parentBased(alwaysOn), 2, false],
  ['parentbased_always_off, no parent', parentBased(alwaysOff), undefined, false],
  ['parentbased_always_off, sampled parent', parentBased(alwaysOff), 3, true],
] as const
for (const [name, sampler, flags, expected] of samplers) {
  test(`sampler ${name}: ${expected ? 'sampled' : 'dropped'}`, () => {
    const { tracer } = recordingTracer({ sampler })
    const context = flags === undefined ? ROOT_CONTEXT : remote(flags)
    assert.equal(tracer.startSpan('span', {}, context).isRecording(), expected)
  })
}

test('descriptions are spelt as the specification does', () => {
  assert.deepEqual(
    [alwaysOn, alwaysOff, parentBased(alwaysOn)].map(({ description }) => description),
    ['AlwaysOnSampler', 'AlwaysOffSampler', 'ParentBased{root=AlwaysOnSampler}'],
  )
})
