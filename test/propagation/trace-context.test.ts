import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ROOT_CONTEXT as API_ROOT_CONTEXT,
  type TraceState as ApiTraceState,
  type Context,
  createTraceState,
  defaultTextMapGetter,
  defaultTextMapSetter,
  type SpanContext,
  type TextMapGetter,
  trace,
} from '@opentelemetry/api'
import { ROOT_CONTEXT, SUPPRESS_KEY } from '../../src/context/context.js'
import { traceContext } from '../../src/propagation/trace-context.js'
import { TraceState } from '../../src/propagation/trace-state.js'
import { NonRecordingSpan } from '../../src/trace/non-recording-span.js'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN_ID = 'b7ad6b7169203331'
const IDS = `${TRACE_ID}-${SPAN_ID}`
const VALID = `00-${IDS}-01`

function extract(carrier: unknown, context: Context = ROOT_CONTEXT): Context {
  return traceContext.extract(context, carrier, defaultTextMapGetter)
}

function parentOf(traceparent: unknown, tracestate?: unknown): SpanContext | undefined {
  return trace.getSpanContext(extract({ traceparent, tracestate }))
}

function injected(spanContext: SpanContext, context: Context = ROOT_CONTEXT): Record<string, string> {
  const carrier = {}
  traceContext.inject(trace.setSpanContext(context, spanContext), carrier, defaultTextMapSetter)
  return carrier
}

test('a valid traceparent becomes a remote parent with its ids and flags', () => {
  assert.deepEqual(parentOf(VALID), { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, isRemote: true })
})

test('the span of an extracted context does not record', () => {
  assert.equal(trace.getSpan(extract({ traceparent: VALID }))?.isRecording(), false)
})

const ACCEPTED: [string, unknown][] = [
  ['version 00', VALID],
  ['a leading space', ` ${VALID}`],
  ['a leading tab', `\t${VALID}`],
  ['a trailing space', `${VALID} `],
  ['a trailing tab', `${VALID}\t`],
  ['blanks on both sides', `\t ${VALID} \t`],
  ['an array of one', [VALID]],
  ['version 01', `01-${IDS}-01`],
  ['version cc', `cc-${IDS}-01`],
  ['version fe', `fe-${IDS}-01`],
  ['a later version with more behind a dash', `cc-${IDS}-01-what-the-future-will-be-like`],
  ['a later version that ends in a dash', `cc-${IDS}-01-`],
  ['a later version with a trailing blank', `cc-${IDS}-01 `],
  ['a later version of 8192 characters', `cc-${IDS}-01-`.padEnd(8192, 'x')],
  ['ids of which one digit is not zero', `00-${'1'.padStart(32, '0')}-${'1'.padEnd(16, '0')}-01`],
]

for (const [what, traceparent] of ACCEPTED) {
  test(`traceparent is accepted: ${what}`, () => {
    const parent = parentOf(traceparent)
    assert.equal(parent?.isRemote, true)
    assert.equal(parent.traceFlags, 1)
    const span = trace.getSpan(extract({ traceparent }))
    assert.ok(span instanceof NonRecordingSpan)
    const bytes = Buffer.from(parent.traceId + parent.spanId, 'hex')
    assert.deepEqual(
      span.bits,
      [0, 4, 8, 12, 16, 20].map((at) => bytes.readInt32LE(at)),
    )
  })
}

const REJECTED: [string, unknown][] = [
  ['missing', undefined],
  ['empty', ''],
  ['blank', '  '],
  ['two lines joined by Node', `${VALID}, 00-${TRACE_ID}-00f067aa0ba902b7-01`],
  ['two equal lines joined by Node', `${VALID}, ${VALID}`],
  ['two later-version lines joined by Node', `cc-${IDS}-01, cc-${IDS}-01`],
  ['an array of two', [VALID, `00-${TRACE_ID}-00f067aa0ba902b7-01`]],
  ['an array of two equal ones', [VALID, VALID]],
  ['an array of none', []],
  ['an array of no string', [{}]],
  ['upper-case trace id', `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`],
  ['upper-case parent id', `00-${TRACE_ID}-${SPAN_ID.toUpperCase()}-01`],
  ['upper-case version', `CC-${IDS}-01`],
  ['upper-case flags', `00-${IDS}-0A`],
  ['version ff', `ff-${IDS}-01`],
  ['version .0', `.0-${IDS}-01`],
  ['version 0.', `0.-${IDS}-01`],
  ['version 0', `0-${IDS}-01`],
  ['version 000', `000-${IDS}-01`],
  ['version 0000', `0000-${IDS}-01`],
  ['version 00 with a dot behind the flags', `${VALID}.`],
  ['version 00 with more behind the flags', `${VALID}-what-the-future-will-be-like`],
  ['version 00 with a dash behind the flags', `${VALID}-`],
  ['a later version with a dot behind the flags', `cc-${IDS}-01.what-the-future-will-be-like`],
  ['a later version with a digit behind the flags', `cc-${IDS}-011`],
  ['a later version with a blank behind the flags', `cc-${IDS}-01 x`],
  ['a later version of 54 characters', `cc-${IDS}-0`],
  ['a later version of 8193 characters', `cc-${IDS}-01-`.padEnd(8193, 'x')],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN_ID}-01`],
  ['a parent id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
  ['a trace id of 31 digits', `00-${TRACE_ID.slice(1)}-${SPAN_ID}-01`],
  ['a trace id of 33 digits', `00-${TRACE_ID}0-${SPAN_ID}-01`],
  ['a parent id of 15 digits', `00-${TRACE_ID}-${SPAN_ID.slice(1)}-01`],
  ['a parent id of 17 digits', `00-${TRACE_ID}-${SPAN_ID}0-01`],
  ['a digit moved from one id to the other', `00-${TRACE_ID}0-${SPAN_ID.slice(1)}-01`],
  ['a dot at the start of the trace id', `00-.${TRACE_ID.slice(1)}-${SPAN_ID}-01`],
  ['a dot at the end of the trace id', `00-${TRACE_ID.slice(1)}.-${SPAN_ID}-01`],
  ['a dot at the start of the parent id', `00-${TRACE_ID}-.${SPAN_ID.slice(1)}-01`],
  ['a dot at the end of the parent id', `00-${TRACE_ID}-${SPAN_ID.slice(1)}.-01`],
  ['the characters around 0 to 9 and a to f', `00-${TRACE_ID.slice(4)}/:\`g-${SPAN_ID}-01`],
  ['a letter outside Latin 1 that has the low byte of a digit', `00-${TRACE_ID.slice(1)}\u0130-${SPAN_ID}-01`],
  ['underscores for the first dash', `00_${IDS}-01`],
  ['underscores for the second dash', `00-${TRACE_ID}_${SPAN_ID}-01`],
  ['underscores for the third dash', `00-${IDS}_01`],
  ['flags .0', `00-${IDS}-.0`],
  ['flags 0.', `00-${IDS}-0.`],
  ['flags 1', `00-${IDS}-1`],
  ['flags 001', `00-${IDS}-001`],
  ['a line break before it', `\n${VALID}`],
  ['a line break behind it', `${VALID}\n`],
  ['a megabyte of blanks', ' '.repeat(1_000_000)],
  ['a megabyte of digits', '0'.repeat(1_000_000)],
  ['binary', '\u0000\u00ff\ud800'.repeat(20)],
  ['a number', 42],
  ['null', null],
  ['an object', { toString: () => VALID }],
  ['a symbol', Symbol('traceparent')],
]

for (const [what, traceparent] of REJECTED) {
  test(`traceparent is rejected, and tracestate not looked at: ${what}`, () => {
    const asked: string[] = []
    const getter: TextMapGetter = {
      keys: () => ['traceparent', 'tracestate'],
      get(_carrier, key) {
        asked.push(key)
        return (key === 'traceparent' ? traceparent : 'foo=1') as string
      },
    }
    assert.equal(traceContext.extract(ROOT_CONTEXT, {}, getter), ROOT_CONTEXT)
    assert.deepEqual(asked, ['traceparent'])
  })
}

for (const name of ['trace-parent', 'trace.parent', 'traceparents']) {
  test(`a header named ${name} is another header`, () => {
    assert.equal(extract({ [name]: VALID }), ROOT_CONTEXT)
  })
}

test('a carrier of null or undefined is an empty one', () => {
  assert.equal(extract(null), ROOT_CONTEXT)
  assert.equal(extract(undefined), ROOT_CONTEXT)
})

test('without a traceparent the parent that a context has stays', () => {
  const context = extract({ traceparent: VALID })
  assert.equal(extract({}, context), context)
})

for (const [flags, kept] of [
  ['00', 0],
  ['01', 1],
  ['02', 2],
  ['03', 3],
  ['04', 0],
  ['08', 0],
  ['09', 1],
  ['fe', 2],
  ['ff', 3],
] as const) {
  test(`of the flags ${flags} only sampled and random are kept and sent on`, () => {
    const parent = parentOf(`00-${IDS}-${flags}`)
    assert.equal(parent?.traceFlags, kept)
    assert.equal(injected(parent).traceparent, `00-${IDS}-0${kept}`)
  })
}

test('a later version is sent on as version 00', () => {
  const parent = parentOf(`cc-${IDS}-03-more`)
  assert.deepEqual(parent === undefined ? {} : injected(parent), { traceparent: `00-${IDS}-03` })
})

for (const [traceFlags, text] of [
  [0, '00'],
  [1, '01'],
  [2, '02'],
  [3, '03'],
  [0xff, '03'],
  [0x104, '00'],
] as const) {
  test(`flags ${traceFlags} are sent as ${text}`, () => {
    assert.equal(injected({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags }).traceparent, `00-${IDS}-${text}`)
  })
}

for (const [what, ids] of [
  ['a trace id of zeros', { traceId: '0'.repeat(32) }],
  ['a span id of zeros', { spanId: '0'.repeat(16) }],
  ['a short trace id', { traceId: TRACE_ID.slice(1) }],
  ['a long span id', { spanId: `${SPAN_ID}0` }],
  ['an upper-case trace id', { traceId: TRACE_ID.toUpperCase() }],
  ['a line break in an id', { traceId: `${TRACE_ID.slice(1)}\n` }],
  ['a missing id', { spanId: undefined as unknown as string }],
] as const) {
  test(`nothing is injected for ${what}`, () => {
    assert.deepEqual(injected({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, ...ids }), {})
  })
}

test('nothing is injected without a span', () => {
  const carrier = {}
  traceContext.inject(ROOT_CONTEXT, carrier, defaultTextMapSetter)
  assert.deepEqual(carrier, {})
})

test('nothing is injected where tracing is suppressed', () => {
  const context = ROOT_CONTEXT.setValue(SUPPRESS_KEY, true)
  assert.deepEqual(injected({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 }, context), {})
})

test('tracestate goes with the parent and on to the next service', () => {
  const parent = parentOf(VALID, 'foo=1, bar=2')
  assert.equal(parent?.traceState?.get('bar'), '2')
  assert.deepEqual(injected(parent), { traceparent: VALID, tracestate: 'foo=1,bar=2' })
})

test('several tracestate headers are one, in their order, empty ones among them', () => {
  const parent = parentOf(VALID, ['foo=1,bar=2', '', 'rojo=1,congo=2', 'baz=3'])
  assert.equal(parent?.traceState?.serialize(), 'foo=1,bar=2,rojo=1,congo=2,baz=3')
})

for (const tracestate of ['', ' ', ',', 'foo=', 'FOO=1', [], [''], 42, null, {}, [Symbol('foo=1')]]) {
  test(`a tracestate of ${JSON.stringify(tracestate)} leaves the traceparent as it is`, () => {
    assert.deepEqual(parentOf(VALID, tracestate), {
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      traceFlags: 1,
      isRemote: true,
    })
  })
}

test('a tracestate of 100,000 lines is given up at its bound', () => {
  let read = 0
  const lines = new Proxy(Array(100_000).fill('foo=1'), {
    get(target, key, receiver) {
      if (typeof key === 'string' && key !== 'length') read++
      return Reflect.get(target, key, receiver)
    },
  })
  assert.equal(parentOf(VALID, lines)?.traceState, undefined)
  assert.ok(read < 10_000, `${read} reads`)
})

for (const [what, traceState, sent] of [
  ['one of its own', new TraceState('foo=1'), 'foo=1'],
  ['an empty one of its own', new TraceState(), undefined],
  ["one of the API's", createTraceState('foo=1,bar=2'), 'foo=1,bar=2'],
  ["an empty one of the API's", createTraceState(), undefined],
  ["one of the API's with a line break in it", createTraceState().set('foo', 'a\r\nx: y'), undefined],
  ['one that throws', { serialize: () => assert.fail() } as unknown as ApiTraceState, undefined],
  ['one that is none', { serialize: () => 42 } as unknown as ApiTraceState, undefined],
  ['null', null as unknown as ApiTraceState, undefined],
] as const) {
  test(`a TraceState is sent when it is legal and not empty: ${what}`, () => {
    const carrier = injected({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, traceState })
    assert.deepEqual(carrier, sent === undefined ? { traceparent: VALID } : { traceparent: VALID, tracestate: sent })
  })
}

test("contexts of the API's own class are read and written, too", () => {
  const context = extract({ traceparent: VALID, tracestate: 'foo=1' }, API_ROOT_CONTEXT)
  const carrier = {}
  traceContext.inject(context, carrier, defaultTextMapSetter)
  assert.deepEqual(carrier, { traceparent: VALID, tracestate: 'foo=1' })
})

test('its fields are the two headers, in a list of the caller', () => {
  traceContext.fields().pop()
  assert.deepEqual(traceContext.fields(), ['traceparent', 'tracestate'])
})
