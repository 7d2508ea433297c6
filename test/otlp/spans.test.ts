import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SpanContext, TraceState } from '@opentelemetry/api'
import { diag } from '../../src/diag/diag.js'
import { createSpanEncoder } from '../../src/otlp/encoders.js'
import { SharedAttributes } from '../../src/trace/attributes.js'
import type { IdBits } from '../../src/trace/id.js'
import type { Scope, SpanData, SpanLink } from '../../src/trace/span.js'
import { type DecodedSpan, decodeTraces } from '../harness/otlp-decode.js'
import type { Message } from '../harness/otlp-strict.js'
import {
  delivered,
  deliveredSpan,
  exactly,
  expectedSpan,
  PROTOCOLS,
  SPAN_ID,
  spanContext,
  spanData,
  TRACE_ID,
} from './span-data.js'

const RESOURCE = { attributes: ['service.name', 'shop', 'process.pid', 42], schemaUrl: 'https://example.com/r' }
const OTHER_TRACE_ID = 'ffffffffffffffffffffffffffffffff'

/** Those of the digits of TRACE_ID and SPAN_ID. */
const BITS: IdBits = [0x67452301, -0x10325477, 0x67452301, -0x10325477, -0x67452302, 0x10325476]
const NAMED = new SharedAttributes(['a', 1, 'b', 'two'], 'GET /')

const traceState = (text: string) => ({ serialize: () => text }) as TraceState
const link = (context: unknown): SpanLink => ({
  context: context as SpanContext,
  attributes: ['why', 'batch'],
  droppedAttributes: 0,
})

const FIELDS: [string, Partial<SpanData>, Partial<DecodedSpan>][] = [
  ['no parent', {}, { parentSpanId: '', traceState: '', flags: 0x103 }],
  ['a local parent', { parentSpanId: 'aa'.repeat(8) }, { parentSpanId: 'aa'.repeat(8), flags: 0x103 }],
  ['a remote parent', { parentSpanId: 'ab'.repeat(8), parentIsRemote: true }, { flags: 0x303 }],
  ['flags without the random one', { traceFlags: 1 }, { flags: 0x101 }],
  ['flags beyond the 8 of the W3C', { traceFlags: 0xff01 }, { flags: 0x101 }],
  ['ids in upper case', { traceId: 'AB'.repeat(16), spanId: 'EF'.repeat(8) }, { traceId: 'ab'.repeat(16) }],
  ['a malformed parent', { parentSpanId: 'xyz' }, { parentSpanId: '' }],
  ['an all-zero parent', { parentSpanId: '0'.repeat(16) }, { parentSpanId: '' }],
  ['a trace state', { traceState: traceState('a=1,b=2') }, { traceState: 'a=1,b=2' }],
  ['kind SERVER', { kind: 1 }, { kind: 2 }],
  ['kind CLIENT', { kind: 2 }, { kind: 3 }],
  ['kind PRODUCER', { kind: 3 }, { kind: 4 }],
  ['kind CONSUMER', { kind: 4 }, { kind: 5 }],
  ['a kind beyond the last', { kind: 5 }, { kind: 1 }],
  ['a kind below the first', { kind: -1 }, { kind: 1 }],
  ['a kind that is no number', { kind: 'SERVER' as unknown as number }, { kind: 1 }],
  ['the status OK', { statusCode: 1 }, { status: { code: 1, message: '' } }],
  ['an error with a message', { statusCode: 2, statusMessage: 'böse' }, { status: { code: 2, message: 'böse' } }],
  ['an error without a message', { statusCode: 2 }, { status: { code: 2, message: '' } }],
  ['a message without a status', { statusMessage: 'odd' }, { status: { code: 0, message: 'odd' } }],
  ['dropped attributes', { droppedAttributes: 1 }, { droppedAttributesCount: 1 }],
  ['dropped events', { droppedEvents: 300 }, { droppedEventsCount: 300 }],
  ['dropped links', { droppedLinks: 70_000 }, { droppedLinksCount: 70_000 }],
  ['more dropped than 32 bits count', { droppedLinks: 2 ** 40 }, { droppedLinksCount: 0xffffffff }],
  ['a senseless dropped count', { droppedLinks: Number.NaN }, { droppedLinksCount: 0 }],
  ['a negative dropped count', { droppedLinks: -1 }, { droppedLinksCount: 0 }],
  ['undefined attributes', { attributes: ['a', undefined, 'b', 1] }, { attributes: { b: 1 } }],
  [
    'a name that both its shared attributes and its outcome have',
    { name: 'GET /', shared: NAMED, outcome: new SharedAttributes(['d', 4], 'GET /'), attributes: ['c', 3] },
    { name: 'GET /', attributes: { a: 1, b: 'two', c: 3, d: 4 } },
  ],
  [
    'a name that only its outcome has',
    { name: 'GET /', shared: new SharedAttributes(['d', 4], 'other'), outcome: NAMED },
    { name: 'GET /', attributes: { a: 1, b: 'two', d: 4 } },
  ],
  [
    'a name that none of them has',
    { name: 'mine', shared: NAMED, outcome: new SharedAttributes(['d', 4]) },
    { name: 'mine', attributes: { a: 1, b: 'two', d: 4 } },
  ],
  ['ids as bits', { bits: BITS, parentBits: BITS, parentSpanId: SPAN_ID }, { parentSpanId: SPAN_ID }],
  ['the key __proto__', { attributes: ['__proto__', 1] }, { attributes: { ['__proto__']: 1 } }],
  [
    'exact times',
    { startTime: exactly(1_700_000_000, 1), endTime: exactly(1_700_000_001, 999_999_999) },
    { startTimeUnixNano: 1_700_000_000_000_000_001n, endTimeUnixNano: 1_700_000_001_999_999_999n },
  ],
  [
    'monotonic times',
    { startTime: 0, endTime: 0.000001 },
    { startTimeUnixNano: 1_700_000_000_000_250_000n, endTimeUnixNano: 1_700_000_000_000_250_001n },
  ],
  [
    'an end before its start',
    { startTime: exactly(1_700_000_000, 5), endTime: exactly(1_700_000_000, 4) },
    { startTimeUnixNano: 1_700_000_000_000_000_005n, endTimeUnixNano: 1_700_000_000_000_000_005n },
  ],
  [
    'an event',
    { events: [{ name: 'e', time: exactly(1_700_000_000, 7), attributes: ['k', 'v'], droppedAttributes: 2 }] },
    {
      events: [
        { name: 'e', timeUnixNano: 1_700_000_000_000_000_007n, attributes: { k: 'v' }, droppedAttributesCount: 2 },
      ],
    },
  ],
  [
    'a local link',
    { links: [{ context: spanContext(), attributes: ['k', 'v'], droppedAttributes: 3 }] },
    {
      links: [
        {
          traceId: TRACE_ID,
          spanId: SPAN_ID,
          traceState: '',
          flags: 0x101,
          attributes: { k: 'v' },
          droppedAttributesCount: 3,
        },
      ],
    },
  ],
  [
    'a remote link with a trace state',
    { links: [link({ ...spanContext(), isRemote: true, traceState: traceState('x=y') })] },
    {
      links: [
        {
          traceId: TRACE_ID,
          spanId: SPAN_ID,
          traceState: 'x=y',
          flags: 0x301,
          attributes: { why: 'batch' },
          droppedAttributesCount: 0,
        },
      ],
    },
  ],
]

const BROKEN_CONTEXTS: [string, unknown][] = [
  ['a trace id that is too short', spanContext({ traceId: 'ab' })],
  ['a trace id that is too long', spanContext({ traceId: `${TRACE_ID}00` })],
  ['a trace id of zeros', spanContext({ traceId: '0'.repeat(32) })],
  ['a trace id with a letter beyond f', spanContext({ traceId: `${TRACE_ID.slice(1)}g` })],
  ['a trace id with a letter that is no Latin one', spanContext({ traceId: `${TRACE_ID.slice(1)}\u0161` })],
  ['a trace id that is no string', spanContext({ traceId: 7 as unknown as string })],
  ['a span id of zeros', spanContext({ spanId: '0'.repeat(16) })],
  ['a span id that is too short', spanContext({ spanId: '' })],
  ['a span id with a blank', spanContext({ spanId: ` ${SPAN_ID.slice(1)}` })],
  ['no span id', { traceId: TRACE_ID, traceFlags: 1 }],
  ['flags that are no number', spanContext({ traceFlags: Symbol('flags') as unknown as number })],
  [
    'an id that throws',
    {
      traceId: TRACE_ID,
      get spanId() {
        throw new Error('mine')
      },
    },
  ],
]

// The agent's own voice would be heard between the results.
diag.setLevel('none')

for (const protocol of PROTOCOLS) {
  for (const [name, members, expected] of FIELDS) {
    test(`${protocol}: ${name}`, () => {
      const span = deliveredSpan(protocol, members)
      assert.deepEqual({ ...span, ...expected }, span)
    })
  }

  for (const [name, context] of BROKEN_CONTEXTS) {
    test(`${protocol}: a link to ${name} is left out, its neighbours are not`, () => {
      const good = link(spanContext({ traceId: OTHER_TRACE_ID }))
      const { links } = deliveredSpan(protocol, { links: [good, link(context), good] })
      assert.deepEqual(
        links.map(({ traceId, attributes }) => [traceId, attributes]),
        [
          [OTHER_TRACE_ID, { why: 'batch' }],
          [OTHER_TRACE_ID, { why: 'batch' }],
        ],
      )
    })
  }

  test(`${protocol}: a trace state that throws or is no text is left out`, () => {
    const throwing = {
      serialize() {
        throw new Error('mine')
      },
    } as unknown as TraceState
    for (const traceState of [throwing, {} as TraceState, { serialize: () => 7 } as unknown as TraceState]) {
      const context = spanContext({ traceState })
      const span = deliveredSpan(protocol, { traceState, links: [link(context)] })
      assert.equal(span.traceState, '')
      assert.equal(span.links[0]?.traceState, '')
    }
  })

  test(`${protocol}: a span without a valid id is left out and not counted`, () => {
    const encoder = createSpanEncoder(protocol, RESOURCE)
    encoder.add(spanData({ name: 'first' }))
    encoder.add(spanData({ traceId: '0'.repeat(32) }))
    encoder.add(spanData({ spanId: 'no id' }))
    encoder.add(spanData({ name: 'last' }))
    assert.equal(encoder.count, 2)
    const { spans } = decodeTraces(encoder.take(), encoder.contentType)
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['first', 'last'],
    )
  })

  test(`${protocol}: a span that cannot be encoded is left out and breaks nothing`, () => {
    const faults = diag.faults()
    const encoder = createSpanEncoder(protocol, RESOURCE)
    encoder.add(spanData({ name: 'first' }))
    const bottomless: unknown[] = []
    bottomless.push(bottomless)
    encoder.add(spanData({ attributes: ['good', 1, 'bad', bottomless as never] }))
    encoder.add(spanData({ scope: undefined as unknown as Scope }))
    assert.equal(diag.faults(), faults + 2)
    encoder.add(spanData({ name: 'last', attributes: ['a new key', 1] }))
    const { spans } = decodeTraces(encoder.take(), encoder.contentType)
    assert.deepEqual(spans.at(-1)?.attributes, { 'a new key': 1 })
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['first', 'last'],
    )
  })

  test(`${protocol}: the resource, the scopes and their schema URLs are told`, () => {
    const { raw } = delivered(
      protocol,
      [
        spanData({ scope: { name: 'pg', version: '1.2', schemaUrl: 'https://example.com/s' } }),
        spanData({ scope: { name: 'ñ', version: '', schemaUrl: '' } }),
      ],
      RESOURCE,
    )
    const [resourceSpans] = raw.resourceSpans as [{ schemaUrl: string; scopeSpans: Message[] }]
    assert.equal(resourceSpans.schemaUrl, 'https://example.com/r')
    assert.deepEqual(
      (resourceSpans.scopeSpans as { scope: Message; schemaUrl: string }[]).map(({ scope, schemaUrl }) => [
        scope.name,
        scope.version,
        schemaUrl,
      ]),
      [
        ['pg', '1.2', 'https://example.com/s'],
        ['ñ', '', ''],
      ],
    )
    const [span] = delivered(protocol, [spanData()], RESOURCE).spans
    assert.deepEqual(span?.resource, { 'service.name': 'shop', 'process.pid': 42 })
  })

  test(`${protocol}: a scope whose version is no text is told as text`, () => {
    const scope = { name: 'mine', version: 2, schemaUrl: null } as unknown as Scope
    assert.deepEqual(deliveredSpan(protocol, { scope }).scope, { name: 'mine', version: '2' })
  })

  test(`${protocol}: 1000 spans of 3 scopes in turn make 3 groups, and none is lost`, () => {
    const scopes = ['http', 'pg', 'undici'].map((name) => ({ name, version: '1', schemaUrl: '' }))
    const spans = Array.from({ length: 1000 }, (_, i) =>
      spanData({ scope: scopes[i % 3]!, name: `span ${i}`, attributes: ['i', i, 'text', 'x'.repeat(i)] }),
    )
    const request = delivered(protocol, spans)
    const [resourceSpans, ...more] = request.raw.resourceSpans as [{ scopeSpans: Message[] }]
    assert.equal(more.length, 0)
    assert.equal(resourceSpans.scopeSpans.length, 3)
    const expected = spans.map((span) => expectedSpan(span, { 'service.name': 'shop' }))
    const ofScope = (i: number) => expected.filter((_, index) => index % 3 === i)
    assert.deepEqual(request.spans, [...ofScope(0), ...ofScope(1), ...ofScope(2)])
  })

  test(`${protocol}: take() gives each batch once, in memory of its own and of exactly its size`, () => {
    const encoder = createSpanEncoder(protocol, RESOURCE)
    assert.equal(encoder.take().length, 0)
    encoder.add(spanData({ name: 'one' }))
    assert.equal(encoder.count, 1)
    assert.ok(encoder.byteLength > 50)
    const first = encoder.take()
    assert.equal(encoder.count, 0)
    assert.equal(encoder.byteLength, 0)
    assert.equal(encoder.take().length, 0)
    encoder.add(spanData({ name: 'two' }))
    const second = encoder.take()
    for (const [body, name] of [
      [first, 'one'],
      [second, 'two'],
    ] as const) {
      assert.equal(body.buffer.byteLength, body.length)
      assert.deepEqual(
        decodeTraces(body, encoder.contentType).spans.map((span) => span.name),
        [name],
      )
    }
  })

  test(`${protocol}: byteLength is about the size of the body`, () => {
    const encoder = createSpanEncoder(protocol, RESOURCE)
    for (let i = 0; i < 500; i++) encoder.add(spanData({ attributes: ['i', i] }))
    const { byteLength } = encoder
    const { length } = encoder.take()
    assert.ok(byteLength <= length && byteLength > 0.95 * length, `${byteLength} of ${length}`)
  })
}

test('in protobuf, a key that cannot be encoded leaves nothing behind for the next', () => {
  const encoder = createSpanEncoder('http/protobuf', RESOURCE)
  encoder.add(spanData({ attributes: [Symbol('key') as never, 1] }))
  encoder.add(spanData({ attributes: ['a new key', 1] }))
  const { spans } = decodeTraces(encoder.take(), encoder.contentType)
  assert.deepEqual(
    spans.map(({ attributes }) => attributes),
    [{ 'a new key': 1 }],
  )
})

test('in protobuf, fields that say nothing are not sent', () => {
  const encoder = createSpanEncoder('http/protobuf', { attributes: [], schemaUrl: '' })
  encoder.add(spanData({ name: 'n', endTime: 1000.5, scope: { name: 's', version: '', schemaUrl: '' } }))
  const time = Buffer.alloc(8)
  time.writeBigUInt64LE(1_700_000_001_000_750_000n)
  const fields = [
    `0a10${TRACE_ID}`,
    `1208${SPAN_ID}`,
    '850103010000',
    '3001',
    `39${time.toString('hex')}`,
    `41${time.toString('hex')}`,
    '2a016e',
  ].join('')
  assert.ok(Buffer.from(encoder.take()).toString('hex').endsWith(fields))
})
