import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeTraces, encodeMessage } from '../harness/otlp-decode.js'
import { SPAN_ID, TRACE_ID } from './span-data.js'

// The tests of the agent are worth as much as this decoder is strict, so here it has to refuse.

type Json = Record<string, unknown>

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

const GOOD_SPAN = {
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  name: 'n',
  kind: 1,
  startTimeUnixNano: '1700000000000000001',
  endTimeUnixNano: '1700000000000000002',
}
const LINK = { traceId: TRACE_ID, spanId: SPAN_ID }
const EVENT = { timeUnixNano: '1', name: 'e' }
const attribute = (key: string, value: unknown = {}) => ({ key, value })

/** A request with one span, whose members are changed by `span`. */
function request(span: Json = {}, members: Json = {}, scopeMembers: Json = {}): Json {
  const scopeSpans = { scope: { name: 's' }, spans: [{ ...GOOD_SPAN, ...span }], ...scopeMembers }
  return { resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [scopeSpans], ...members }] }
}

function fromJson(json: unknown): unknown {
  return decodeTraces(Buffer.from(JSON.stringify(json)), JSON_TYPE)
}

function fromProtobuf(json: Json): unknown {
  return decodeTraces(protobuf(json), PROTOBUF)
}

function protobuf(json: Json): Uint8Array {
  return encodeMessage('ExportTraceServiceRequest', withBytes(json) as object)
}

/** Ids as bytes, in place of the hex digits that JSON has. */
function withBytes(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withBytes)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      /^(?:traceId|spanId|parentSpanId)$/.test(key) ? Buffer.from(value as string, 'hex') : withBytes(value),
    ]),
  )
}

const WRONG: [string, Json, RegExp][] = [
  ['a short trace id', request({ traceId: TRACE_ID.slice(2) }), /traceId: 15 bytes/],
  ['a long trace id', request({ traceId: `${TRACE_ID}00` }), /traceId: 17 bytes/],
  ['no trace id', request({ traceId: '' }), /traceId: 0 bytes/],
  ['a trace id of zeros', request({ traceId: '0'.repeat(32) }), /traceId: all zero/],
  ['a short span id', request({ spanId: SPAN_ID.slice(2) }), /spanId: 7 bytes/],
  ['a span id of zeros', request({ spanId: '0'.repeat(16) }), /spanId: all zero/],
  ['a parent of the wrong length', request({ parentSpanId: TRACE_ID }), /parentSpanId: 16 bytes/],
  ['a parent of zeros', request({ parentSpanId: '0'.repeat(16) }), /parentSpanId: all zero/],
  ['no name', request({ name: '' }), /name: empty/],
  ['kind 0', request({ kind: 0 }), /kind 0/],
  ['kind 6', request({ kind: 6 }), /kind 6/],
  ['no start', request({ startTimeUnixNano: '0' }), /startTimeUnixNano: missing/],
  ['no end', request({ endTimeUnixNano: '0' }), /endTimeUnixNano: missing/],
  ['an end before the start', request({ endTimeUnixNano: '1700000000000000000' }), /ends before/],
  ['a flag that means nothing', request({ flags: 0x401 }), /flags 1025/],
  ['the highest flag', request({ flags: 0x80000000 }), /flags/],
  ['status code 3', request({ status: { code: 3 } }), /status code 3/],
  ['an attribute twice', request({ attributes: [attribute('a'), attribute('a')] }), /a: given twice/],
  ['an attribute without a key', request({ attributes: [attribute('')] }), /without a key/],
  ['an attribute without a value', request({ attributes: [{ key: 'a' }] }), /a: missing/],
  [
    'a map with a key twice',
    request({ attributes: [attribute('a', { kvlistValue: { values: [attribute('k'), attribute('k')] } })] }),
    /k: given twice/,
  ],
  [
    'a map in an array with a key twice',
    request({
      attributes: [
        attribute('a', { arrayValue: { values: [{ kvlistValue: { values: [attribute('k'), attribute('k')] } }] } }),
      ],
    }),
    /k: given twice/,
  ],
  ['an event without a name', request({ events: [{ ...EVENT, name: '' }] }), /event name: empty/],
  ['an event without a time', request({ events: [{ ...EVENT, timeUnixNano: '0' }] }), /event timeUnixNano: missing/],
  [
    'an event with an attribute twice',
    request({ events: [{ ...EVENT, attributes: [attribute('a'), attribute('a')] }] }),
    /given twice/,
  ],
  ['a link without a trace id', request({ links: [{ ...LINK, traceId: '' }] }), /link traceId: 0 bytes/],
  ['a link with a span id of zeros', request({ links: [{ ...LINK, spanId: '0'.repeat(16) }] }), /all zero/],
  ['a link with a flag that means nothing', request({ links: [{ ...LINK, flags: 0x401 }] }), /flags/],
  [
    'a link with an attribute twice',
    request({ links: [{ ...LINK, attributes: [attribute('a'), attribute('a')] }] }),
    /given twice/,
  ],
  ['no scope spans', request({}, { scopeSpans: [] }), /scopeSpans: an empty envelope/],
  ['no spans', request({}, {}, { spans: [] }), /spans: an empty envelope/],
  [
    'a resource attribute twice',
    request({}, { resource: { attributes: [attribute('a'), attribute('a')] } }),
    /resource: a: given twice/,
  ],
]

for (const [name, json, message] of WRONG) {
  test(`the test's decoder refuses ${name}`, () => {
    assert.throws(() => fromJson(json), message)
    assert.throws(() => fromProtobuf(json), message)
  })
}

test("the test's decoder takes what is right, in both protocols alike", () => {
  const json = request({
    parentSpanId: SPAN_ID,
    flags: 0x3ff,
    traceState: 'a=1',
    status: { code: 2, message: 'm' },
    attributes: [attribute('a', { intValue: '-5' }), attribute('b', { bytesValue: 'AQI=' }), attribute('c')],
    events: [EVENT],
    links: [LINK],
  })
  const binary = structuredClone(json)
  assert.deepEqual(
    decodeTraces(Buffer.from(JSON.stringify(json)), JSON_TYPE).spans,
    decodeTraces(protobuf(binary), PROTOBUF).spans,
  )
})

const WRONG_JSON: [string, unknown, RegExp][] = [
  ['an unknown key', request({ colour: 'red' }), /colour: unknown key/],
  ['a key in snake case', request({ trace_state: '' }), /trace_state: unknown key/],
  ['null for a string', request({ traceState: null }), /traceState: null/],
  ['null for a list', request({ attributes: null }), /attributes: not an array/],
  ['null for a message', request({ status: null }), /status: not an object/],
  ['an enum by its name', request({ kind: 'SPAN_KIND_SERVER' }), /SPAN_KIND_SERVER/],
  ['a status by its name', request({ status: { code: 'STATUS_CODE_OK' } }), /STATUS_CODE_OK/],
  ['a time as a number', request({ startTimeUnixNano: 1 }), /startTimeUnixNano: 1/],
  ['a negative time', request({ startTimeUnixNano: '-1' }), /does not fit/],
  ['a time of 65 bits', request({ endTimeUnixNano: '18446744073709551616' }), /does not fit/],
  ['a time with a fraction', request({ endTimeUnixNano: '1.5' }), /1\.5/],
  ['a time in scientific notation', request({ endTimeUnixNano: '1e18' }), /1e18/],
  ['an int as a number', request({ attributes: [attribute('a', { intValue: 1 })] }), /intValue: 1/],
  ['an int of 65 bits', request({ attributes: [attribute('a', { intValue: '9223372036854775808' })] }), /does not fit/],
  ['a double as text', request({ attributes: [attribute('a', { doubleValue: '1.5' })] }), /doubleValue/],
  ['a bool as text', request({ attributes: [attribute('a', { boolValue: 'true' })] }), /boolValue/],
  ['a string as a number', request({ name: 7 }), /name: 7/],
  [
    'two values at once',
    request({ attributes: [attribute('a', { intValue: '1', boolValue: true })] }),
    /second member/,
  ],
  ['bytes that are not base64', request({ attributes: [attribute('a', { bytesValue: '*' })] }), /not base64/],
  ['a count as text', request({ droppedLinksCount: '1' }), /droppedLinksCount/],
  ['a negative count', request({ droppedLinksCount: -1 }), /droppedLinksCount/],
  ['a count with a fraction', request({ droppedLinksCount: 0.5 }), /droppedLinksCount/],
  ['an id in base64', request({ spanId: '/ty6mHZUMhA=' }), /is not hex/],
  ['half of a character', request({ name: '\ud800' }), /lone surrogate/],
  ['a list where the request belongs', [], /not an object/],
  ['no resource', { resourceSpans: [{ scopeSpans: [] }] }, /resource: missing/],
]

for (const [name, json, message] of WRONG_JSON) {
  test(`the test's decoder refuses JSON with ${name}`, () => {
    assert.throws(() => fromJson(json), message)
  })
}

test("the test's decoder refuses what is not JSON, not UTF-8, or not OTLP at all", () => {
  assert.throws(() => decodeTraces(Buffer.from('{'), JSON_TYPE), SyntaxError)
  assert.throws(() => decodeTraces(Buffer.from('{} {}'), JSON_TYPE), SyntaxError)
  assert.throws(() => decodeTraces(Buffer.from([0x7b, 0xff, 0x7d]), JSON_TYPE), TypeError)
  assert.throws(() => decodeTraces(Buffer.from('{}'), 'text/plain'), /content-type/)
})

/** A span's fields in hex, and fields that are wrong. */
const SPAN_HEX = `0a10${TRACE_ID}1208${SPAN_ID}2a016e30013901000000000000004101000000000000`.concat('00')
const WRONG_BYTES: [string, hex: string, RegExp][] = [
  ['an unknown field', '8a0700', /unknown field 113/],
  ['field 0', '0200', /unknown field 0/],
  ['the wrong wire type for an enum', '3500000000', /kind: wire type 5/],
  ['the wrong wire type for a time', '3801', /startTimeUnixNano: wire type 0/],
  ['the wrong wire type for a list of messages', '4d00000000', /attributes: wire type 5/],
  ['a name twice', '2a016e', /name: set twice/],
  ['an id twice', `1208${SPAN_ID}`, /spanId: set twice/],
  ['a string that ends early', '1a05', /ends within a field/],
  ['a varint that ends early', '50ff', /ends within a varint/],
  ['a varint of 11 bytes', '50ffffffffffffffffffff01', /more than 10 bytes/],
  ['a count of more than 32 bits', '5080808080808001', /for a uint32/],
  ['invalid UTF-8', '1a02c328', /encoded data was not valid/],
  ['an overlong UTF-8 form', '1a02c080', /encoded data was not valid/],
  ['a surrogate in UTF-8', '1a03eda080', /encoded data was not valid/],
  ['two values at once', '4a090a016112040a001001', /set twice/],
  ['a bool of 2', '4a070a016112021002', /for a bool/],
]

function spanInRequest(hex: string): Uint8Array {
  const field = (tag: number, content: Uint8Array) => Buffer.concat([Buffer.from([tag, content.length]), content])
  const scopeSpans = Buffer.concat([field(0x0a, Buffer.from('0a0173', 'hex')), field(0x12, Buffer.from(hex, 'hex'))])
  return field(0x0a, Buffer.concat([field(0x0a, Buffer.alloc(0)), field(0x12, scopeSpans)]))
}

for (const [name, hex, message] of WRONG_BYTES) {
  test(`the test's decoder refuses protobuf with ${name}`, () => {
    assert.throws(() => decodeTraces(spanInRequest(SPAN_HEX + hex), PROTOBUF), message)
  })
}

test("the test's decoder takes the bytes that the wrong ones are made of, and padded lengths", () => {
  assert.equal(decodeTraces(spanInRequest(SPAN_HEX), PROTOBUF).spans[0]?.name, 'n')
  const padded = decodeTraces(spanInRequest(`${SPAN_HEX}1a838000613d31`), PROTOBUF)
  assert.equal(padded.spans[0]?.traceState, 'a=1')
})

test("the test's decoder refuses bytes after the end, and a request cut anywhere", () => {
  const body = spanInRequest(SPAN_HEX)
  assert.throws(() => decodeTraces(Buffer.concat([body, Buffer.from([0])]), PROTOBUF), /unknown field 0/)
  for (let i = 1; i < body.length; i++) {
    assert.throws(() => decodeTraces(body.subarray(0, i), PROTOBUF), `${i}`)
  }
})
