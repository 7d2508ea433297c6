import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TraceState } from '@opentelemetry/api'
import { createSpanEncoder } from '../../src/otlp/encoders.js'
import type { AttributeList, Value, ValueMap } from '../../src/trace/attributes.js'
import type { Time } from '../../src/trace/clock.js'
import type { SpanData, SpanEvent, SpanLink } from '../../src/trace/span.js'
import { decodeTraces } from '../harness/otlp-decode.js'
import { ANCHOR, expectedSpan, PROTOCOLS, spanContext, spanData } from './span-data.js'

const ROUNDS = 60
const SCOPES = ['http', 'pg', 'ünï'].map((name, i) => ({ name, version: i === 0 ? '' : `${i}`, schemaUrl: '' }))
const ALPHABET = [...'abcXYZ019 ._-/"\\\n\0'].concat(['é', 'ß', '€', '日', '😀', '\ud800', '\udfff'])

for (const protocol of PROTOCOLS) {
  test(`${protocol}: batches of any spans arrive as they were`, () => {
    // One encoder for all, so that what one batch leaves behind would show in the next.
    const encoder = createSpanEncoder(protocol, { attributes: ['service.name', 'shop'], schemaUrl: '' })
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = new Random(seed)
      const spans = Array.from({ length: random.below(30) + 1 }, () => anySpan(random))
      for (const span of spans) encoder.add(span)
      const expected = spans
        .toSorted((a, b) => orderOf(a) - orderOf(b))
        .map((span) => expectedSpan(span, { 'service.name': 'shop' }))
      const decoded = decodeTraces(encoder.take(), encoder.contentType).spans.toSorted(
        (a, b) => orderOf(a) - orderOf(b),
      )
      assert.deepEqual(decoded, expected, `seed ${seed}`)
    }
  })
}

function orderOf({ scope }: { scope: { name: string } }): number {
  return SCOPES.findIndex(({ name }) => name === scope.name)
}

function anySpan(random: Random): SpanData {
  const anchor = ANCHOR + random.fraction() * 1e9
  return spanData({
    traceId: random.hex(32),
    spanId: random.hex(16),
    traceFlags: random.below(256),
    traceState: random.oneOf([undefined, { serialize: () => 'a=1' } as TraceState]),
    parentSpanId: random.oneOf(['', random.hex(16)]),
    parentIsRemote: random.oneOf([true, false]),
    name: `n${random.text(40)}`,
    kind: random.below(5),
    startTime: anyTime(random),
    endTime: anyTime(random),
    anchor,
    attributes: anyAttributes(random, 20),
    droppedAttributes: random.oneOf([0, random.below(1000)]),
    events: random.oneOf([undefined, random.list(4, () => anyEvent(random))]),
    droppedEvents: random.oneOf([0, random.below(1000)]),
    links: random.oneOf([undefined, random.list(4, () => anyLink(random))]),
    droppedLinks: random.oneOf([0, random.below(1000)]),
    statusCode: random.below(3),
    statusMessage: random.oneOf(['', random.text(300)]),
    scope: random.oneOf(SCOPES),
  })
}

function anyTime(random: Random): Time {
  return random.oneOf<() => Time>([
    () => random.fraction() * 1e9,
    () => random.below(1e6),
    () => [random.below(4e9) + 1, random.below(1e9)],
  ])()
}

function anyEvent(random: Random): SpanEvent {
  const droppedAttributes = random.oneOf([0, random.below(9)])
  return { name: `e${random.text(20)}`, time: anyTime(random), attributes: anyAttributes(random, 5), droppedAttributes }
}

function anyLink(random: Random): SpanLink {
  const context = spanContext({
    traceId: random.hex(32),
    spanId: random.hex(16),
    traceFlags: random.below(256),
    ...(random.oneOf([true, false]) ? { isRemote: random.oneOf([true, false]) } : {}),
    ...(random.oneOf([true, false]) ? { traceState: { serialize: () => 'b=2,c=3' } as TraceState } : {}),
  })
  return { context, attributes: anyAttributes(random, 5), droppedAttributes: random.below(3) }
}

function anyAttributes(random: Random, most: number): AttributeList {
  // A number keeps the keys apart, for they become equal when lone surrogates are replaced.
  return random.list(most, (i) => [`${i}${random.text(30)}`, random.oneOf([undefined, anyValue(random, 0)])]).flat(1)
}

function anyValue(random: Random, depth: number): Value {
  const kinds: (() => Value)[] = [
    () => random.text(random.oneOf([10, 50, 500, 20_000])),
    () => random.below(300),
    () => Math.trunc((random.fraction() - 0.5) * 2 ** random.below(60)),
    () => (random.fraction() - 0.5) * 2 ** (random.below(400) - 200),
    () => random.oneOf([Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
    () => random.oneOf([true, false, null]),
    () => (BigInt(random.below(2 ** 32)) << BigInt(random.below(34))) * random.oneOf([1n, -1n]),
    () => Uint8Array.from(random.list(300, () => random.below(256))),
  ]
  if (depth < 4) {
    kinds.push(
      () => random.list(8, () => anyValue(random, depth + 1)),
      () =>
        Object.fromEntries(random.list(8, (i) => [`${i}${random.text(9)}`, anyValue(random, depth + 1)])) as ValueMap,
    )
  }
  return random.oneOf(kinds)()
}

/** mulberry32: the same numbers for the same seed. */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** 0 to 1, without 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  below(bound: number): number {
    return Math.floor(this.fraction() * bound)
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  list<T>(most: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.below(most + 1) }, (_, i) => make(i))
  }

  /** Two of three are ASCII, as it is in life. */
  text(most: number): string {
    const letters = this.below(3) === 0 ? ALPHABET.length : 18
    return this.list(most, () => ALPHABET[this.below(letters)]).join('')
  }

  hex(digits: number): string {
    return `1${Array.from({ length: digits - 1 }, () => this.below(16).toString(16)).join('')}`
  }
}
