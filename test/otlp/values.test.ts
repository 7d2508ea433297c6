import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Value } from '../../src/trace/attributes.js'
import type { Message } from '../harness/otlp-strict.js'
import {
  delivered,
  deliveredSpan,
  deliveredValue,
  exactly,
  expectedSpan,
  expectedValue,
  PROTOCOLS,
  spanData,
} from './span-data.js'

const VALUES: [Value, member: string][] = [
  ['text', 'stringValue'],
  ['', 'stringValue'],
  [true, 'boolValue'],
  [false, 'boolValue'],
  [0, 'intValue'],
  [1, 'intValue'],
  [127, 'intValue'],
  [128, 'intValue'],
  [16_383, 'intValue'],
  [16_384, 'intValue'],
  [2 ** 31 - 1, 'intValue'],
  [2 ** 31, 'intValue'],
  [2 ** 32 - 1, 'intValue'],
  [2 ** 32, 'intValue'],
  [2 ** 35, 'intValue'],
  [Number.MAX_SAFE_INTEGER, 'intValue'],
  [Number.MAX_SAFE_INTEGER + 1, 'doubleValue'],
  [-1, 'intValue'],
  [-128, 'intValue'],
  [-(2 ** 31), 'intValue'],
  [-(2 ** 32), 'intValue'],
  [-(2 ** 32) - 1, 'intValue'],
  [Number.MIN_SAFE_INTEGER, 'intValue'],
  [Number.MIN_SAFE_INTEGER - 1, 'doubleValue'],
  [-0, 'doubleValue'],
  [0.1, 'doubleValue'],
  [-1.5, 'doubleValue'],
  [1e300, 'doubleValue'],
  [5e-324, 'doubleValue'],
  [Number.NaN, 'doubleValue'],
  [Number.POSITIVE_INFINITY, 'doubleValue'],
  [Number.NEGATIVE_INFINITY, 'doubleValue'],
  [0n, 'intValue'],
  [-1n, 'intValue'],
  [2n ** 53n + 1n, 'intValue'],
  [2n ** 63n - 1n, 'intValue'],
  [2n ** 63n, 'stringValue'],
  [-(2n ** 63n), 'intValue'],
  [-(2n ** 63n) - 1n, 'stringValue'],
  [new Uint8Array([0, 1, 254, 255]), 'bytesValue'],
  [new Uint8Array(0), 'bytesValue'],
  [new Uint8Array(1000).fill(7), 'bytesValue'],
  [Buffer.from('a part of a pool').subarray(2, 5), 'bytesValue'],
  [[], 'arrayValue'],
  [['a', 1, true, null, 0.5, 2n ** 60n, ['nested', []], { map: {} }], 'arrayValue'],
  [Array.from({ length: 300 }, (_, i) => i), 'arrayValue'],
  [{}, 'kvlistValue'],
  [{ a: 'x', 'b ü': { c: [1, { d: null }] }, ['__proto__']: 'own', '': 0 }, 'kvlistValue'],
  [Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key ${i}`, i])), 'kvlistValue'],
]

/** UTF-8 of 1 to 4 bytes a character, half characters, and what JSON or a terminator could trip over. */
const TEXTS = [
  'plain',
  'grüße',
  '\u07ff\u0800',
  '日本語',
  '\ue000\ufffd\uffff',
  '👩‍👩‍👧 emoji 🎉',
  '\ud800',
  '\udc00',
  'a\ud83d',
  '\udc00\ud800',
  '\ud83d\ud83d\ude00',
  '\\ud800 \\\\ud83d written out',
  '\\\ud800',
  'nul \0 and \u001f "quoted" \\ / \b\f\n\r\t',
  '\u2028\u2029',
  '\ufeff a byte order mark',
]

/** Around the places where a length gets another byte, and where the writer changes its means. */
const LENGTHS = [
  1, 23, 24, 25, 41, 42, 43, 63, 64, 100, 120, 126, 127, 128, 129, 341, 342, 1023, 1024, 1025, 5460,
].concat([5461, 5462, 16_382, 16_383, 16_384, 16_385, 65_536])

for (const protocol of PROTOCOLS) {
  for (const [value, member] of VALUES) {
    test(`${protocol}: ${shown(value)} is a ${member}`, () => {
      const { raw, spans } = delivered(protocol, [spanData({ attributes: ['key', value] })])
      assert.deepEqual(spans[0]?.attributes.key, plain(expectedValue(value)))
      const [{ scopeSpans }] = raw.resourceSpans as [{ scopeSpans: [{ spans: [Message] }] }]
      const [keyValue] = scopeSpans[0].spans[0].attributes as [{ value: Message }]
      assert.equal(keyValue.value.value, member)
    })
  }

  test(`${protocol}: null is the empty value`, () => {
    assert.equal(deliveredValue(protocol, null), null)
  })

  test(`${protocol}: an attribute may be as deep as the limit lets it`, () => {
    let value: Value = 'bottom'
    for (let i = 0; i < 64; i++) value = i % 2 === 0 ? [value] : { k: value }
    assert.deepEqual(deliveredValue(protocol, value), expectedValue(value))
  })

  for (const text of TEXTS) {
    test(`${protocol}: ${JSON.stringify(text)} comes as valid UTF-8 wherever it stands`, () => {
      const span = spanData({
        name: text,
        statusCode: 2,
        statusMessage: text,
        attributes: [`k ${text}`, text, 'list', [text], 'map', { [text]: text }],
        events: [{ name: text, time: exactly(1, 1), attributes: [text, text], droppedAttributes: 0 }],
        scope: { name: text, version: text, schemaUrl: text },
      })
      const { spans } = delivered(protocol, [span], { attributes: ['r', text], schemaUrl: text })
      assert.deepEqual(spans, [expectedSpan(span, { r: expectedValue(text) })])
    })
  }

  for (const unit of ['x', 'é', '€', '😀', '\ud800']) {
    test(`${protocol}: keys, values and names of ${JSON.stringify(unit)} of any length`, () => {
      for (const bytes of LENGTHS) {
        const text = unit.repeat(Math.ceil(bytes / Buffer.byteLength(unit)))
        for (const value of [text, `${text}x`, `x${text}`]) {
          const span = spanData({
            name: value,
            attributes: [value, value, 'short', value, `${value}.`, 1, `${value}..`, [value]],
          })
          assert.deepEqual(deliveredSpan(protocol, span), expectedSpan(span, { 'service.name': 'shop' }))
        }
      }
    })
  }

  test(`${protocol}: a key and a value that need one more byte together`, () => {
    for (let length = 90; length < 130; length++) {
      const attributes = Array.from({ length: 30 }, (_, i) => [`${i + 10}`.repeat(65).slice(0, length), 'v'.repeat(i)])
      const span = spanData({ attributes: attributes.flat() })
      assert.deepEqual(deliveredSpan(protocol, span), expectedSpan(span, { 'service.name': 'shop' }))
    }
  })

  test(`${protocol}: strings and byte arrays of megabytes`, () => {
    const long = 'ab'.repeat(1.5 * 2 ** 20)
    const span = spanData({
      name: long,
      attributes: [
        'long',
        long,
        'ü',
        'ü'.repeat(2 ** 20),
        'list',
        [long, [long]],
        'bytes',
        new Uint8Array(3 * 2 ** 20),
      ],
      events: [{ name: 'e', time: exactly(1, 1), attributes: ['stack', long], droppedAttributes: 0 }],
    })
    const spans = [spanData({ name: 'before' }), span, spanData({ name: 'after' })]
    assert.deepEqual(
      delivered(protocol, spans).spans,
      spans.map((span) => expectedSpan(span, { 'service.name': 'shop' })),
    )
  })

  test(`${protocol}: nothing depends on where a buffer ends and grows`, () => {
    const span = spanData({
      traceState: { serialize: () => 'a=1' } as SpanState,
      parentSpanId: 'ab'.repeat(8),
      attributes: [
        's',
        'short',
        'long',
        'x'.repeat(130),
        'n',
        2 ** 40,
        'negative',
        -5,
        'd',
        0.5,
        'b',
        true,
        'l',
        ['ü', [1n]],
      ],
      events: [{ name: 'e', time: exactly(1, 1), attributes: ['k', 'v'], droppedAttributes: 1 }],
      statusCode: 2,
      statusMessage: 'failed',
      droppedLinks: 300,
    })
    const expected = expectedSpan(span, { 'service.name': 'shop' })
    for (let padding = 3000; padding < 4100; padding++) {
      const { spans } = delivered(protocol, [spanData({ name: 'x'.repeat(padding) }), span])
      assert.deepEqual(spans[1], expected)
    }
  })
}

type SpanState = NonNullable<Parameters<typeof spanData>[0]>['traceState'] & object

/** A Buffer is compared as what the decoder gives. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Uint8Array.from(value) : value
}

function shown(value: Value): string {
  const text = String(
    typeof value === 'object' ? JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)) : value,
  )
  const sign = Object.is(value, -0) ? '-' : ''
  return `${typeof value} ${sign}${text.length > 60 ? `${text.slice(0, 60)}...` : text}`
}
