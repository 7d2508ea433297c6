import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Context, defaultTextMapGetter, defaultTextMapSetter, propagation, trace } from '@opentelemetry/api'
import type { PropagatorName } from '../../src/config/config.js'
import { ROOT_CONTEXT, SUPPRESS_KEY } from '../../src/context/context.js'
import { createPropagator } from '../../src/propagation/composite.js'

type Headers = Readonly<Record<string, string | string[]>>

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SHORT_TRACE = '8448eb211c80319c'
const PADDED = `${'0'.repeat(16)}${SHORT_TRACE}`
const SPAN = 'b7ad6b7169203331'
const PARENT = '00f067aa0ba902b7'
const XRAY_ROOT = '1-0af76519-16cd43dd8448eb211c80319c'

/** The trace, span and flags that are read, or undefined where a new trace starts. */
type Read = readonly [traceId: string, flags: number] | undefined

const CASES: readonly (readonly [PropagatorName, Headers, Read])[] = [
  ['b3', { b3: `${TRACE}-${SPAN}-1` }, [TRACE, 1]],
  ['b3', { b3: `${TRACE}-${SPAN}-0` }, [TRACE, 0]],
  ['b3', { b3: `${TRACE}-${SPAN}-d` }, [TRACE, 1]],
  ['b3', { b3: `${TRACE}-${SPAN}` }, [TRACE, 1]],
  ['b3', { b3: `${TRACE}-${SPAN}-1-${PARENT}` }, [TRACE, 1]],
  ['b3', { b3: ` ${SHORT_TRACE}-${SPAN}-1 ` }, [PADDED, 1]],
  ['b3', { b3: [`${TRACE}-${SPAN}-1`] }, [TRACE, 1]],
  ['b3', { b3: `${TRACE.toUpperCase()}-${SPAN}-1` }, [TRACE, 1]],
  ['b3', { b3: '0' }, undefined],
  ['b3', { b3: '1' }, undefined],
  ['b3', { b3: 'd' }, undefined],
  ['b3', { b3: `${TRACE}-${SPAN}-2` }, undefined],
  ['b3', { b3: `${TRACE}-${SPAN}-1-` }, undefined],
  ['b3', { b3: `${TRACE}-${SPAN}-1-${PARENT}0` }, undefined],
  ['b3', { b3: `${TRACE}1-${SPAN}-1` }, undefined],
  ['b3', { b3: `${TRACE}-${SPAN.slice(1)}-1` }, undefined],
  ['b3', { b3: `${'0'.repeat(32)}-${SPAN}-1` }, undefined],
  ['b3', { b3: `${TRACE}-${'0'.repeat(16)}-1` }, undefined],
  ['b3', { b3: [`${TRACE}-${SPAN}-1`, `${TRACE}-${PARENT}-1`] }, undefined],
  ['b3', { b3: '' }, undefined],
  ['b3', { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' }, [TRACE, 1]],
  ['b3', { b3: 'broken', 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '0' }, [TRACE, 0]],
  ['b3multi', { b3: `${PADDED}-${SPAN}-1`, 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN }, [PADDED, 1]],
  ['b3multi', { 'x-b3-traceid': SHORT_TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': 'true' }, [PADDED, 1]],
  ['b3multi', { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': 'False' }, [TRACE, 0]],
  ['b3multi', { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '0', 'x-b3-flags': '1' }, [TRACE, 1]],
  ['b3multi', { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-parentspanid': PARENT }, [TRACE, 1]],
  ['b3multi', { 'x-b3-traceid': TRACE }, undefined],
  ['b3multi', { 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' }, undefined],
  ['b3multi', { 'x-b3-traceid': TRACE.slice(1), 'x-b3-spanid': SPAN }, undefined],
  ['b3multi', { 'x-b3-traceid': 'x'.repeat(32), 'x-b3-spanid': SPAN }, undefined],
  ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:0:1` }, [TRACE, 1]],
  ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:${PARENT}:0` }, [TRACE, 0]],
  ['jaeger', { 'uber-trace-id': `${TRACE}%3A${SPAN}%3A0%3A1` }, [TRACE, 1]],
  ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:0:3` }, [TRACE, 1]],
  ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:0:02` }, [TRACE, 1]],
  ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}::01` }, [TRACE, 1]],
  ['jaeger', { 'uber-trace-id': `${SHORT_TRACE}:${SPAN}:0:1` }, [PADDED, 1]],
  ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:0:f4` }, [TRACE, 0]],
  ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:0` }, undefined],
  ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:0:` }, undefined],
  ['jaeger', { 'uber-trace-id': `${TRACE}:${SPAN}:0:001` }, undefined],
  ['jaeger', { 'uber-trace-id': `0:${SPAN}:0:1` }, undefined],
  ['jaeger', { 'uber-trace-id': `${TRACE}:0:0:1` }, undefined],
  ['jaeger', { 'uber-trace-id': `${TRACE}0:${SPAN}:0:1` }, undefined],
  ['jaeger', { 'uber-trace-id': `${TRACE}%3${SPAN}` }, undefined],
  ['xray', { 'x-amzn-trace-id': `Root=${XRAY_ROOT};Parent=${SPAN};Sampled=1` }, [TRACE, 1]],
  ['xray', { 'x-amzn-trace-id': `Root=${XRAY_ROOT};Parent=${SPAN};Sampled=0` }, [TRACE, 0]],
  ['xray', { 'x-amzn-trace-id': `Root=${XRAY_ROOT};Parent=${SPAN};Sampled=?` }, [TRACE, 1]],
  ['xray', { 'x-amzn-trace-id': `Root=${XRAY_ROOT};Parent=${SPAN}` }, [TRACE, 1]],
  ['xray', { 'x-amzn-trace-id': ` sampled=1 ; parent=${SPAN}; Lineage=1:2|3:4 ;root=${XRAY_ROOT} ` }, [TRACE, 1]],
  ['xray', { 'x-amzn-trace-id': `Self=1-1-2;Root=${XRAY_ROOT.toUpperCase()};Parent=${SPAN}` }, [TRACE, 1]],
  ['xray', { 'x-amzn-trace-id': `Root=${XRAY_ROOT};Sampled=1` }, undefined],
  ['xray', { 'x-amzn-trace-id': `Parent=${SPAN};Sampled=1` }, undefined],
  ['xray', { 'x-amzn-trace-id': `Root=2${XRAY_ROOT.slice(1)};Parent=${SPAN}` }, undefined],
  ['xray', { 'x-amzn-trace-id': `Root=${XRAY_ROOT}0;Parent=${SPAN}` }, undefined],
  ['xray', { 'x-amzn-trace-id': `Root=${XRAY_ROOT};Parent=${SPAN}0` }, undefined],
  ['xray', { 'x-amzn-trace-id': ';;=;' }, undefined],
  ['ottrace', { 'ot-tracer-traceid': SHORT_TRACE, 'ot-tracer-spanid': SPAN, 'ot-tracer-sampled': 'true' }, [PADDED, 1]],
  ['ottrace', { 'ot-tracer-traceid': TRACE, 'ot-tracer-spanid': SPAN, 'ot-tracer-sampled': 'FALSE' }, [TRACE, 0]],
  ['ottrace', { 'ot-tracer-traceid': SHORT_TRACE, 'ot-tracer-spanid': SPAN }, [PADDED, 1]],
  ['ottrace', { 'ot-tracer-traceid': SHORT_TRACE }, undefined],
  ['ottrace', { 'ot-tracer-traceid': 'none', 'ot-tracer-spanid': SPAN }, undefined],
]

test('what a caller sends is read, and nothing is made of what is not its format', () => {
  for (const [name, headers, read] of CASES) {
    const context = createPropagator([name]).extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    const expected = read && { traceId: read[0], spanId: SPAN, traceFlags: read[1], isRemote: true }
    assert.deepEqual(trace.getSpanContext(context), expected, `${name} ${JSON.stringify(headers)}`)
    if (read === undefined) assert.equal(context, ROOT_CONTEXT)
  }
})

test('the active span is sent, with its decision', () => {
  for (const [name, flags, headers] of [
    ['b3', 1, { b3: `${TRACE}-${SPAN}-1` }],
    ['b3', 2, { b3: `${TRACE}-${SPAN}-0` }],
    ['b3multi', 1, { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' }],
    ['b3multi', 0, { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '0' }],
    ['jaeger', 3, { 'uber-trace-id': `${TRACE}:${SPAN}:0:01` }],
    ['jaeger', 0, { 'uber-trace-id': `${TRACE}:${SPAN}:0:00` }],
    ['xray', 1, { 'x-amzn-trace-id': `Root=${XRAY_ROOT};Parent=${SPAN};Sampled=1` }],
    ['xray', 0, { 'x-amzn-trace-id': `Root=${XRAY_ROOT};Parent=${SPAN};Sampled=0` }],
    ['ottrace', 1, { 'ot-tracer-traceid': SHORT_TRACE, 'ot-tracer-spanid': SPAN, 'ot-tracer-sampled': 'true' }],
    ['ottrace', 0, { 'ot-tracer-traceid': SHORT_TRACE, 'ot-tracer-spanid': SPAN, 'ot-tracer-sampled': 'false' }],
  ] as const) {
    assert.deepEqual(sent(name, within(TRACE, SPAN, flags)), headers)
  }
})

test('nothing is sent of a span without ids, and in the own work of an SDK', () => {
  for (const name of ['b3', 'b3multi', 'jaeger', 'xray', 'ottrace'] as const) {
    assert.deepEqual(sent(name, ROOT_CONTEXT), {})
    assert.deepEqual(sent(name, within('0'.repeat(32), SPAN, 1)), {})
    assert.deepEqual(sent(name, within(TRACE, '0'.repeat(16), 1)), {})
    assert.deepEqual(sent(name, within(TRACE.toUpperCase(), SPAN, 1)), {})
    assert.deepEqual(sent(name, withBaggage(within(TRACE, SPAN, 1), { a: '1' }).setValue(SUPPRESS_KEY, true)), {})
  }
  // The half of the trace id that is sent would be zero.
  assert.deepEqual(sent('ottrace', within(`${'1'.repeat(16)}${'0'.repeat(16)}`, SPAN, 1)), {})
})

test('a debug decision goes on, from one format to another', () => {
  for (const [from, headers] of [
    ['b3', { b3: `${TRACE}-${PARENT}-d` }],
    ['b3multi', { 'x-b3-traceid': TRACE, 'x-b3-spanid': PARENT, 'x-b3-flags': '1' }],
    ['jaeger', { 'uber-trace-id': `${TRACE}:${PARENT}:0:3` }],
  ] as const) {
    const extracted = createPropagator([from]).extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    const span = trace.setSpanContext(extracted, { traceId: TRACE, spanId: SPAN, traceFlags: 1 })
    assert.deepEqual(sent('b3', span), { b3: `${TRACE}-${SPAN}-d` })
    assert.deepEqual(sent('b3multi', span), { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-flags': '1' })
    assert.deepEqual(sent('jaeger', span), { 'uber-trace-id': `${TRACE}:${SPAN}:0:03` })
  }
})

for (const [name, prefix] of [
  ['jaeger', 'uberctx-'],
  ['ottrace', 'ot-baggage-'],
] as const) {
  test(`baggage has a header for each entry: ${name}`, () => {
    const entries = { user: 'alice', text: 'a, b=ü;%', __proto__x: '1' }
    const encoded = { user: 'alice', text: 'a%2C%20b%3D%C3%BC%3B%25', __proto__x: '1' }
    const headers = Object.fromEntries(Object.entries(encoded).map(([key, value]) => [prefix + key, value]))
    assert.deepEqual(sent(name, withBaggage(ROOT_CONTEXT, entries)), headers)
    assert.deepEqual(baggageIn(name, headers), entries)
    assert.deepEqual(baggageIn(name, { [`${prefix.toUpperCase()}key`]: 'raw 100%' }), { key: 'raw 100%' })
    assert.deepEqual(baggageIn(name, { [prefix]: 'x', other: 'y', [`${prefix}bad`]: 'ü' }), {})
    assert.deepEqual(sent(name, withBaggage(ROOT_CONTEXT, { 'no token': '1', half: '\ud800' })), {
      [`${prefix}half`]: '%EF%BF%BD',
    })
  })

  test(`baggage is bounded both ways: ${name}`, () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, 'v']))
    assert.equal(Object.keys(sent(name, withBaggage(ROOT_CONTEXT, many))).length, 64)
    const headers = Object.fromEntries(Object.entries(many).map(([key, value]) => [prefix + key, value]))
    assert.equal(Object.keys(baggageIn(name, headers)).length, 64)
    assert.deepEqual(sent(name, withBaggage(ROOT_CONTEXT, { long: 'x'.repeat(8192), a: '1' })), { [`${prefix}a`]: '1' })
    assert.deepEqual(baggageIn(name, { [`${prefix}long`]: 'x'.repeat(8192), [`${prefix}a`]: '1' }), { a: '1' })
  })
}

for (const name of ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'ottrace', 'xray'] as const) {
  test(`null in the place of a span, its ids or a baggage is not sent: ${name}`, () => {
    for (const context of [
      trace.setSpan(ROOT_CONTEXT, null as never),
      trace.setSpanContext(ROOT_CONTEXT, null as never),
      propagation.setBaggage(ROOT_CONTEXT, null as never),
    ])
      assert.deepEqual(sent(name, context), {})
  })
}

test('of several formats that a caller sends the last of the list counts', () => {
  const headers = { traceparent: `00-${TRACE}-${PARENT}-00`, b3: `${TRACE}-${SPAN}-1` }
  for (const [names, spanId] of [
    [['tracecontext', 'b3'], SPAN],
    [['b3', 'tracecontext'], PARENT],
  ] as const) {
    const context = createPropagator(names).extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    assert.equal(trace.getSpanContext(context)?.spanId, spanId)
  }
})

function sent(name: PropagatorName, context: Context): Record<string, string> {
  const carrier: Record<string, string> = {}
  createPropagator([name]).inject(context, carrier, defaultTextMapSetter)
  return carrier
}

function within(traceId: string, spanId: string, traceFlags: number): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags })
}

function withBaggage(context: Context, entries: Readonly<Record<string, string>>): Context {
  const values = Object.entries(entries).map(([key, value]) => [key, { value }])
  return propagation.setBaggage(context, propagation.createBaggage(Object.fromEntries(values)))
}

function baggageIn(name: PropagatorName, headers: Headers): Record<string, string> {
  const context = createPropagator([name]).extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
  const entries = propagation.getBaggage(context)?.getAllEntries() ?? []
  return Object.fromEntries(entries.map(([key, { value }]) => [key, value]))
}
