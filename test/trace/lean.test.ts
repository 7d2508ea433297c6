import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROOT_CONTEXT } from '../../src/context/context.js'
import type { AttributeList } from '../../src/trace/attributes.js'
import { SERVER } from '../../src/trace/kind.js'
import { LeanSpans } from '../../src/trace/lean.js'
import { attributesOf, recordingTracer } from './tracing.js'

const FITS = 'x'.repeat(64)
const LONG = 'x'.repeat(65)

function leanly() {
  const { tracer, provider, ended } = recordingTracer()
  const lean = new LeanSpans()
  provider.openSpans.passThrough((next) => lean.before(next))
  return { tracer, provider, ended, lean }
}

test('what is long is left out and counted, and what is required stays', () => {
  const { tracer, ended, lean } = leanly()
  const attributes = { fits: FITS, long: LONG, list: ['x'], count: 7, 'url.full': LONG, 'db.query.text': LONG }
  tracer.startSpan('span', { attributes }, ROOT_CONTEXT).end()
  assert.deepEqual(attributesOf(ended[0]?.attributes ?? []), { fits: FITS, count: 7, 'url.full': LONG })
  assert.equal(ended[0]?.droppedAttributes, 3)
  assert.equal(lean.dropped, 3)
})

test('shared attributes of others stay as they are', () => {
  const { tracer, provider, ended } = leanly()
  const shared = tracer.share(['user_agent.original', LONG, 'server.address', 'shop'])
  const serve = () => tracer.start('GET', SERVER, ROOT_CONTEXT, (): AttributeList => ['a', 1], undefined, shared).end()
  serve()
  serve()
  provider.openSpans.passThrough(undefined)
  serve()
  const [first, second, third] = ended
  assert.deepEqual(first?.shared?.list, ['server.address', 'shop'])
  assert.equal(second?.shared, first?.shared)
  assert.deepEqual([first?.droppedAttributes, second?.droppedAttributes, third?.droppedAttributes], [1, 1, 0])
  assert.equal(third?.shared, shared)
})

test('of an error the stack goes, its type and message stay', () => {
  const { tracer, ended, lean } = leanly()
  const span = tracer.startSpan('span', {}, ROOT_CONTEXT)
  span.recordException(new RangeError(LONG))
  span.addEvent('small', { a: 1 })
  span.end()
  const [error, small] = ended[0]?.events ?? []
  assert.deepEqual(attributesOf(error?.attributes ?? []), { 'exception.type': 'RangeError', 'exception.message': LONG })
  assert.deepEqual([error?.droppedAttributes, small?.droppedAttributes, lean.dropped], [1, 0, 1])
})
