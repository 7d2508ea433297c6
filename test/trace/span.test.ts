import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { type Context, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { ROOT_CONTEXT, SPAN_KEY } from '../../src/context/context.js'
import { SharedAttributes } from '../../src/trace/attributes.js'
import { toUnixNanos } from '../../src/trace/clock.js'
import * as kinds from '../../src/trace/kind.js'
import type { RecordingSpan } from '../../src/trace/span.js'
import * as values from '../../src/trace/span.js'
import { attributesOf, recordingTracer, UNREADABLE } from './tracing.js'

test('kinds, statuses and flags have the values of the API', () => {
  assert.deepEqual(
    [kinds.INTERNAL, kinds.SERVER, kinds.CLIENT, kinds.PRODUCER, kinds.CONSUMER],
    [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER],
  )
  assert.deepEqual(
    [values.STATUS_UNSET, values.STATUS_OK, values.STATUS_ERROR],
    [SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR],
  )
  assert.equal(values.FLAG_SAMPLED, TraceFlags.SAMPLED)
})

test('an ended span is handed on once, with what it was given', () => {
  const { tracer, ended } = recordingTracer()
  const span = tracer.startSpan('work', { kind: SpanKind.CONSUMER, attributes: { a: 1 } })
  span.setAttribute('b', 'two').setAttributes({ c: true, a: 3 }).updateName('better work')
  span.end()
  span.end()
  assert.equal(ended.length, 1)
  const [data] = ended
  assert.equal(data?.name, 'better work')
  assert.equal(data?.kind, SpanKind.CONSUMER)
  assert.deepEqual(attributesOf(data?.attributes ?? []), { a: 3, b: 'two', c: true })
  assert.equal(data?.parentSpanId, '')
  assert.deepEqual(data?.scope, { name: 'test', version: '1.2.3', schemaUrl: '' })
})

test('nothing changes a span after its end', () => {
  const { tracer, ended } = recordingTracer()
  const span = tracer.startSpan('work')
  span.end()
  span.setAttribute('late', 1).setAttributes({ late: 1 }).addEvent('late').setStatus({ code: SpanStatusCode.ERROR })
  span.updateName('late').addLink({ context: span.spanContext() })
  span.recordException(new Error('late'))
  assert.equal(span.isRecording(), false)
  assert.equal(ended[0]?.name, 'work')
  assert.deepEqual(ended[0]?.attributes, [])
  assert.equal(ended[0]?.events, undefined)
  assert.equal(ended[0]?.links, undefined)
  assert.equal(ended[0]?.statusCode, SpanStatusCode.UNSET)
})

const statuses: [string, { code: SpanStatusCode; message?: string }[], [SpanStatusCode, string]][] = [
  ['error keeps its message', [{ code: 2, message: 'bad' }], [2, 'bad']],
  ['ok has no message', [{ code: 1, message: 'fine' }], [1, '']],
  ['ok overrides error', [{ code: 2, message: 'bad' }, { code: 1 }], [1, '']],
  ['ok is final', [{ code: 1 }, { code: 2, message: 'bad' }], [1, '']],
  [
    'a later error replaces an earlier one',
    [
      { code: 2, message: 'a' },
      { code: 2, message: 'b' },
    ],
    [2, 'b'],
  ],
  ['unset is ignored', [{ code: 2, message: 'bad' }, { code: 0 }], [2, 'bad']],
]
for (const [name, given, expected] of statuses) {
  test(`status: ${name}`, () => {
    const { tracer, ended } = recordingTracer()
    const span = tracer.startSpan('work')
    for (const status of given) span.setStatus(status)
    span.end()
    assert.deepEqual([ended[0]?.statusCode, ended[0]?.statusMessage], expected)
  })
}

test('an exception becomes an event with type, message and stack, and leaves the status alone', () => {
  const { tracer, ended } = recordingTracer()
  const error = new RangeError('too far')
  const span = tracer.startSpan('work')
  span.recordException(error)
  span.recordException('just text')
  span.recordException({ code: 'ENOENT', message: 'no file' })
  span.end()
  assert.deepEqual(
    ended[0]?.events?.map(({ name, attributes }) => [name, attributesOf(attributes)]),
    [
      [
        'exception',
        { 'exception.type': 'RangeError', 'exception.message': 'too far', 'exception.stacktrace': error.stack },
      ],
      ['exception', { 'exception.message': 'just text' }],
      ['exception', { 'exception.type': 'ENOENT', 'exception.message': 'no file' }],
    ],
  )
  assert.equal(ended[0]?.statusCode, SpanStatusCode.UNSET)
})

test('an exception that cannot be asked for something is told without it, and by what there is of it', () => {
  const { tracer, ended } = recordingTracer()
  const refuse = () => {
    throw new Error('no')
  }
  const span = tracer.startSpan('work')
  span.recordException(Object.defineProperty({ message: 'nameless' }, 'name', { get: refuse }) as unknown as Error)
  span.recordException({ message: { toString: refuse } } as unknown as Error)
  span.recordException(new Proxy(new Error(), { get: refuse }))
  span.end()
  assert.deepEqual(
    ended[0]?.events?.map(({ attributes }) => attributesOf(attributes)),
    [{ 'exception.message': 'nameless' }, { 'exception.message': 'object' }, { 'exception.message': 'object' }],
  )
})

test('events take attributes, a time, or both', () => {
  const { tracer, ended } = recordingTracer()
  const span = tracer.startSpan('work')
  span.addEvent('a', { n: 1 }, [1700000000, 123456789])
  span.addEvent('b', [1700000001, 5])
  span.addEvent('c', new Date(1700000002000))
  span.end()
  const events = ended[0]?.events ?? []
  assert.deepEqual(
    events.map(({ name, time, attributes }) => [name, toUnixNanos(time, ended[0]?.anchor ?? 0), attributes]),
    [
      ['a', 1700000000123456789n, ['n', 1]],
      ['b', 1700000001000000005n, []],
      ['c', 1700000002000000000n, []],
    ],
  )
})

test('start and end times that the program gives are kept to the nanosecond', () => {
  const { tracer, ended } = recordingTracer()
  tracer.startSpan('work', { startTime: [1, 2] }).end([3, 999999999])
  assert.equal(toUnixNanos(ended[0]?.startTime ?? 0, ended[0]?.anchor ?? 0), 1000000002n)
  assert.equal(toUnixNanos(ended[0]?.endTime ?? 0, ended[0]?.anchor ?? 0), 3999999999n)
})

for (const time of [
  Number.NaN,
  -1,
  Number.POSITIVE_INFINITY,
  new Date(Number.NaN),
  [0.5, 0],
  [1, Number.NaN],
  null,
  true,
  1n,
  {},
  new Error('closed'),
]) {
  test(`${inspect(time).split('\n', 1)} (${typeof time}) is no time, so it is now`, () => {
    const { tracer, ended } = recordingTracer()
    const before = performance.now()
    tracer.startSpan('work', { startTime: time as never }).end(time as never)
    for (const taken of [ended[0]?.startTime, ended[0]?.endTime]) {
      assert.ok(typeof taken === 'number' && taken >= before && taken <= performance.now(), String(taken))
    }
  })
}

for (const [name, start, end] of [
  ['two times of the program', [5, 0], [4, 0]],
  ['a start in the future', [4_000_000_000, 0], undefined],
  ['a number before the start', undefined, 1],
] as const) {
  test(`an end before the start becomes the start: ${name}`, () => {
    const { tracer, ended } = recordingTracer()
    const span = tracer.startSpan('work', start === undefined ? {} : { startTime: [...start] })
    span.end(typeof end === 'object' ? [...end] : end)
    assert.deepEqual(ended[0]?.endTime, ended[0]?.startTime)
  })
}

test('times are wall-clock times, and never run backwards within a span', () => {
  const { tracer, ended } = recordingTracer()
  const before = BigInt(Date.now()) * 1_000_000n
  tracer.startSpan('work').end()
  const after = BigInt(Date.now() + 1) * 1_000_000n
  const start = toUnixNanos(ended[0]?.startTime ?? 0, ended[0]?.anchor ?? 0)
  const end = toUnixNanos(ended[0]?.endTime ?? 0, ended[0]?.anchor ?? 0)
  const slack = 6_000_000n
  assert.ok(start >= before - slack && end <= after + slack, `${before} <= ${start} <= ${end} <= ${after}`)
  assert.ok(end >= start)
})

const bounds = { attributeCount: 2, eventCount: 1, linkCount: 1, attributesPerEvent: 1, attributesPerLink: 1 }

test('what is beyond the limits is dropped and counted', () => {
  const { tracer, ended } = recordingTracer({ limits: bounds })
  const context = tracer.startSpan('other').spanContext()
  const span = tracer.startSpan('work', { attributes: { a: 1, b: 2, c: 3 } })
  span.setAttribute('d', 4).setAttribute('a', 5)
  span.addEvent('kept', { a: 1, b: 2 }).addEvent('dropped')
  span.addLink({ context, attributes: { a: 1, b: 2 } }).addLinks([{ context }])
  span.end()
  const [data] = ended
  assert.deepEqual(attributesOf(data?.attributes ?? []), { a: 5, b: 2 })
  assert.equal(data?.droppedAttributes, 2)
  assert.deepEqual([data?.events?.length, data?.droppedEvents, data?.events?.[0]?.droppedAttributes], [1, 1, 1])
  assert.deepEqual([data?.links?.length, data?.droppedLinks, data?.links?.[0]?.droppedAttributes], [1, 1, 1])
})

test('strings are cut to the length limit, also in arrays and maps, never within a character', () => {
  const { tracer, ended } = recordingTracer({ limits: { attributeValueLength: 3 } })
  const span = tracer.startSpan('work', { attributes: { text: 'abcd', exact: 'abc', list: ['abcd', 'ab'] } })
  span.setAttribute('pair', 'ab\u{1F600}').setAttribute('map', { deep: 'abcd' }).setAttribute('number', 12345)
  span.setAttribute('bytes', new Uint8Array([1, 2, 3, 4]))
  span.end()
  assert.deepEqual(JSON.parse(JSON.stringify(attributesOf(ended[0]?.attributes ?? []))), {
    text: 'abc',
    exact: 'abc',
    list: ['abc', 'ab'],
    pair: 'ab',
    map: { deep: 'abc' },
    number: 12345,
    bytes: { 0: 1, 1: 2, 2: 3 },
  })
})

test('values that no attribute can have are left out, and nothing throws', () => {
  const { tracer, ended } = recordingTracer()
  const cyclic: Record<string, unknown> = { a: 1 }
  cyclic.self = cyclic
  const span = tracer.startSpan('work', {
    attributes: { fn: () => 1, date: new Date(0), undef: undefined, '': 'no key', symbol: Symbol('s'), ok: 'yes' },
  })
  span.setAttribute('cyclic', cyclic).setAttribute('mixed', [1, 'a', null, undefined])
  span.setAttribute('unreadable', { list: [UNREADABLE] }).setAttribute('proxied', new Proxy({}, UNREADABLE))
  span.setAttributes(null as never)
  span.setAttribute(7 as never, 1)
  span.end()
  const attributes = attributesOf(ended[0]?.attributes ?? [])
  assert.deepEqual(Object.keys(attributes), ['ok', 'cyclic', 'mixed'])
  assert.deepEqual(attributes.mixed, [1, 'a', null, null])
  let depth = 0
  for (let map = attributes.cyclic as typeof cyclic | undefined; map !== undefined; map = map.self as typeof cyclic)
    depth++
  assert.equal(depth, 65)
})

test('__proto__ as a key changes no prototype', () => {
  const { tracer, ended } = recordingTracer()
  const attributes = JSON.parse('{"__proto__": "a", "constructor": "b", "map": {"__proto__": {"x": 1}}}')
  tracer.startSpan('work', { attributes }).end()
  const list = ended[0]?.attributes ?? []
  assert.deepEqual(list.slice(0, 4), ['__proto__', 'a', 'constructor', 'b'])
  assert.equal(({} as Record<string, unknown>).x, undefined)
})

const parties = ['server.address', 'shop', 'server.port', 80]

test("shared attributes are the span's until one of them is set", () => {
  const { tracer, ended } = recordingTracer()
  const shared = new SharedAttributes(parties)
  const own = tracer.start('a', kinds.SERVER, ROOT_CONTEXT, () => ['url.path', '/'], undefined, shared)
  own.setAttribute('http.route', '/').end()
  const other = tracer.start('b', kinds.SERVER, ROOT_CONTEXT, () => ['url.path', '/'], undefined, shared)
  other.setAttribute('server.port', 8080).end()
  const third = tracer.start('c', kinds.SERVER, ROOT_CONTEXT, () => [], undefined, shared)
  third.setAttributes({ 'server.port': 1 }).end()
  assert.equal(ended[0]?.shared, shared)
  assert.deepEqual(attributesOf(ended[0]?.attributes ?? []), { 'url.path': '/', 'http.route': '/' })
  assert.equal(ended[1]?.shared, undefined)
  assert.deepEqual(attributesOf(ended[1]?.attributes ?? []), {
    'server.address': 'shop',
    'server.port': 8080,
    'url.path': '/',
  })
  assert.deepEqual(attributesOf(ended[2]?.attributes ?? []), { 'server.address': 'shop', 'server.port': 1 })
  assert.deepEqual(shared.list, parties)
})

test('shared attributes count for the limits', () => {
  const tight = recordingTracer({ limits: { attributeCount: 3, attributeValueLength: 2 } })
  tight.tracer
    .start('a', kinds.SERVER, ROOT_CONTEXT, () => ['a', 1, 'b', 2], undefined, new SharedAttributes(parties))
    .end()
  assert.deepEqual(attributesOf(tight.ended[0]?.attributes ?? []), { a: 1, b: 2, 'server.address': 'sh' })
  assert.equal(tight.ended[0]?.droppedAttributes, 1)
  const { tracer, ended } = recordingTracer()
  const span = tracer.start('a', kinds.SERVER, ROOT_CONTEXT, () => [], undefined, new SharedAttributes(parties))
  for (let i = 0; i < 200; i++) span.setAttribute(`key ${i}`, i)
  span.end()
  assert.equal((ended[0]?.attributes.length ?? 0) / 2, 128)
  assert.equal(ended[0]?.droppedAttributes, 74)
})

test('a link with attributes that were dropped before keeps their count', () => {
  const { tracer, ended } = recordingTracer()
  const context = tracer.startSpan('other').spanContext()
  const span = tracer.startSpan('work', { links: [{ context, attributes: { a: 1 }, droppedAttributesCount: 2 }] })
  span.addLink(undefined as never)
  span.addLinks(undefined as never)
  span.addLinks('links' as never)
  span.end()
  assert.equal(ended[0]?.links?.length, 1)
  assert.equal(ended[0]?.links?.[0]?.droppedAttributes, 2)
})

test('a span that is printed shows what it tells, and nothing of the agent', () => {
  const { tracer } = recordingTracer()
  const open = tracer.startSpan('open')
  const span = tracer.startSpan('work', { attributes: { size: 3 } })
  const shown = inspect(span)
  assert.match(shown, /name: 'work'[\s\S]*attributes: \[ 'size', 3 \]/)
  assert.ok(shown.includes(span.spanContext().traceId))
  assert.doesNotMatch(shown, /processor|settings|'open'/)
  open.end()
})

test('what is asked for the attributes may start spans itself: bits are those of the digits', () => {
  const { tracer } = recordingTracer()
  const start = (name: string, context: Context): RecordingSpan => {
    // As a getter of the program's may do.
    const describe = () => {
      for (let i = 0; i < 3; i++) tracer.startSpan('inner').end()
      return []
    }
    return tracer.start(name, kinds.SERVER, context, describe, undefined) as RecordingSpan
  }
  for (let i = 0; i < 40; i++) {
    const root = start('root', ROOT_CONTEXT)
    const child = start('child', ROOT_CONTEXT.setValue(SPAN_KEY, root))
    for (const { bits, traceId, spanId } of [root, child]) {
      const bytes = Buffer.alloc(24)
      for (const [at, word] of bits?.entries() ?? []) bytes.writeInt32LE(word, 4 * at)
      assert.equal(bytes.toString('hex'), traceId + spanId)
    }
  }
})
