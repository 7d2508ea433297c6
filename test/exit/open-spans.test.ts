import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenSpans } from '../../src/trace/open-spans.js'
import type { RecordingSpan, SpanData } from '../../src/trace/span.js'
import { listenToDiag } from '../export/collector.js'
import { attributesOf, recordingTracer } from '../trace/tracing.js'

test('open spans are ended newest first, those that have ended are not', () => {
  const { tracer, provider, ended } = recordingTracer()
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => tracer.startSpan(name))
  b?.end()
  b?.end()
  d?.end()
  assert.equal(provider.openSpans.size, 2)
  const isOpen = (span: typeof a) => provider.openSpans.isOpen(span?.spanContext().spanId ?? '')
  assert.deepEqual([a, b, c, d].map(isOpen), [true, false, true, false])
  provider.openSpans.endAll(undefined, String)
  assert.deepEqual(
    ended.map(({ name, attributes }) => [name, attributesOf(attributes)['autospan.incomplete']]),
    [
      ['b', undefined],
      ['d', undefined],
      ['c', true],
      ['a', true],
    ],
  )
  assert.equal(a?.isRecording(), false)
  assert.equal(c?.isRecording(), false)
  assert.equal(provider.openSpans.size, 0)
  provider.openSpans.endAll(undefined, String)
  assert.equal(ended.length, 4)
})

test('after a crash each has its error, whatever that is', () => {
  for (const [error, message] of [
    [new TypeError('out of tea'), 'out of tea'],
    ['out of tea', 'out of tea'],
    [undefined, 'undefined'],
    [Object.create(null), 'object'],
  ] as const) {
    const { tracer, provider, ended } = recordingTracer()
    tracer.startSpan('open')
    provider.openSpans.endAll({ error }, () => 'type')
    assert.equal(ended.length, 1)
    assert.equal(ended[0]?.statusMessage, message)
    assert.equal(attributesOf(ended[0]?.attributes ?? [])['autospan.incomplete'], true)
  }
})

test('an owner tells what it knows, and one that fails keeps nothing from its end', () => {
  const { tracer, provider, ended } = recordingTracer()
  const [failing, telling] = ['failing', 'telling'].map((name) => tracer.startSpan(name)) as RecordingSpan[]
  failing!.owner = {
    describe: () => {
      throw new Error('no idea')
    },
    conclude: () => {
      throw new Error('nor at the end')
    },
  }
  telling!.owner = {
    describe: () => telling?.updateName('told'),
    conclude: () => telling?.setAttribute('concluded', true),
  }
  const diag = listenToDiag()
  provider.openSpans.endAll(undefined, String)
  diag.restore()
  assert.deepEqual(
    ended.map(({ name }) => name),
    ['told', 'failing'],
  )
  assert.equal(attributesOf(telling!.attributes).concluded, true)
  assert.equal(telling?.owner, undefined)
  assert.match(diag.lines.join('\n'), /nor at the end/)
})

test('an ended span is concluded once, and closed before and after', () => {
  const { tracer, provider, ended } = recordingTracer()
  provider.openSpans.concludesLater = true
  const span = tracer.startSpan('a') as RecordingSpan
  let concluded = 0
  span.owner = {
    describe: () => assert.fail('it has ended'),
    conclude: () => span.setAttribute('concluded', ++concluded),
  }
  span.end()
  assert.equal(ended.length, 1)
  assert.equal(concluded, 0)
  for (let i = 0; i < 2; i++) {
    assert.equal(span.isRecording(), false)
    span.setAttribute('late', true)
    span.conclude()
    assert.equal(concluded, 1)
  }
  assert.deepEqual(attributesOf(span.attributes), { concluded: 1 })
})

test('who stands between spans and their processor sees them concluded', () => {
  const { tracer, provider } = recordingTracer()
  provider.openSpans.concludesLater = true
  const seen: unknown[] = []
  provider.openSpans.passThrough(() => ({ onEnd: ({ attributes }) => seen.push(attributesOf(attributes)) }))
  const span = tracer.startSpan('a') as RecordingSpan
  span.owner = { describe: () => {}, conclude: () => span.setAttribute('concluded', true) }
  span.end()
  assert.deepEqual(seen, [{ concluded: true }])
})

test('of more than the bound the oldest are forgotten, and can still end', () => {
  const ended: string[] = []
  const { tracer } = recordingTracer()
  const openSpans = new OpenSpans({ onEnd: (span: SpanData) => ended.push(span.name) }, undefined, 2)
  const spans = ['a', 'b', 'c'].map((name) => tracer.startSpan(name) as RecordingSpan)
  for (const span of spans) {
    // They are linked in one list at a time.
    span.older = undefined
    span.newer = undefined
    openSpans.onStart(span)
  }
  assert.equal(openSpans.size, 2)
  for (const span of spans) openSpans.onEnd(span)
  assert.deepEqual(ended, ['a', 'b', 'c'])
  assert.equal(openSpans.size, 0)
})

test('who waits for the first span is told of it, and of the next first one', () => {
  const { tracer, provider } = recordingTracer()
  let told = 0
  provider.openSpans.onFirst = () => told++
  const [a, b] = [tracer.startSpan('a'), tracer.startSpan('b')]
  assert.equal(told, 1)
  a.end()
  b.end()
  tracer.startSpan('c')
  assert.equal(told, 2)
})
