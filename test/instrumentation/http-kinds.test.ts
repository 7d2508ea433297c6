import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROOT_CONTEXT } from '../../src/context/context.js'
import { type Kind, Kinds, servedPlaces } from '../../src/instrumentation/http-kinds.js'
import { SERVER } from '../../src/trace/kind.js'
import { allAttributes, RecordingSpan } from '../../src/trace/span.js'
import { attributesOf, recordingTracer } from '../trace/tracing.js'

const TARGETS = 1000

const kindOf = (kinds: Kinds, route: string | undefined, status = 200): Kind =>
  kinds.of(route, 'GET', 'http', status, undefined, '1.1', undefined)

/** What a span is told of its end: whether it was, its name and its attributes. */
function told(kind: Kind, set: (span: RecordingSpan) => void = () => {}): [boolean, string, Record<string, unknown>] {
  const { tracer } = recordingTracer()
  const span = tracer.start('GET', SERVER, ROOT_CONTEXT, () => servedPlaces('GET', '/users/1'), undefined)
  assert.ok(span instanceof RecordingSpan)
  set(span)
  return [kind.tellServed(span), span.name, attributesOf(allAttributes(span))]
}

const WHOLE = { 'http.request.method': 'GET', 'url.path': '/users/1', 'http.response.status_code': 200 }

test('requests that ended alike are of one kind, and their spans share what tells it', () => {
  const kinds = new Kinds()
  const kind = kindOf(kinds, '/users/:id')
  assert.equal(kindOf(kinds, '/users/:id'), kind)
  assert.notEqual(kindOf(kinds, '/users/:id', 404), kind)
  assert.deepEqual(told(kind), [true, 'GET /users/:id', { ...WHOLE, 'http.route': '/users/:id' }])
  assert.deepEqual(told(kindOf(kinds, undefined)), [true, 'GET', WHOLE])
})

test('what the program has set of it is left as it is', () => {
  const kind = kindOf(new Kinds(), '/users/:id')
  for (const [key, value] of [
    ['http.request.method', 'MINE'],
    ['http.route', '/mine'],
    ['http.response.status_code', 299],
  ] as const) {
    const own = { 'http.request.method': 'GET', 'url.path': '/users/1', [key]: value }
    assert.deepEqual(
      told(kind, (span) => span.setAttribute(key, value)),
      [false, 'GET', own],
    )
  }
})

test('kinds beyond the bounds are found anew, and nothing is shared for them', () => {
  const kinds = new Kinds()
  for (let i = 0; i < TARGETS; i++) assert.ok(told(kindOf(kinds, `/${i}`))[0], String(i))
  const beyond = kindOf(kinds, '/beyond')
  assert.notEqual(kindOf(kinds, '/beyond'), beyond)
  assert.deepEqual(told(beyond), [false, 'GET', { 'http.request.method': 'GET', 'url.path': '/users/1' }])
  for (let status = 201; status < 250; status++) kindOf(kinds, '/0', status)
  assert.notEqual(kindOf(kinds, '/0', 250), kindOf(kinds, '/0', 250))
  assert.equal(kindOf(kinds, '/0', 249), kindOf(kinds, '/0', 249))
})
