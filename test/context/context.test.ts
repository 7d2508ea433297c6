import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { ROOT_CONTEXT as API_ROOT, createContextKey, propagation, trace } from '@opentelemetry/api'
import {
  BAGGAGE_KEY,
  isSuppressed,
  ROOT_CONTEXT,
  SPAN_KEY,
  SUPPRESS_KEY,
  SUPPRESSED_CONTEXT,
} from '../../src/context/context.js'
import { AsyncLocalStorageContextManager, activeContext, runIn } from '../../src/context/manager.js'
import { NonRecordingSpan } from '../../src/trace/non-recording-span.js'

const span = new NonRecordingSpan({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 })
const manager = new AsyncLocalStorageContextManager()

test('the keys are those of the API', () => {
  const baggage = propagation.createBaggage({ user: { value: '7' } })
  assert.equal(trace.setSpan(API_ROOT, span).getValue(SPAN_KEY), span)
  assert.equal(propagation.setBaggage(API_ROOT, baggage).getValue(BAGGAGE_KEY), baggage)
  assert.equal(trace.getSpan(ROOT_CONTEXT.setValue(SPAN_KEY, span)), span)
  assert.equal(propagation.getBaggage(ROOT_CONTEXT.setValue(BAGGAGE_KEY, baggage)), baggage)
})

test('a context keeps its values when others are derived from it', () => {
  const key = createContextKey('colour')
  const red = ROOT_CONTEXT.setValue(key, 'red')
  const blue = red.setValue(key, 'blue').setValue(SPAN_KEY, span)
  assert.equal(red.getValue(key), 'red')
  assert.equal(red.getValue(SPAN_KEY), undefined)
  assert.equal(blue.getValue(key), 'blue')
  assert.equal(blue.deleteValue(key).getValue(key), undefined)
  assert.equal(blue.deleteValue(key).getValue(SPAN_KEY), span)
  assert.equal(blue.deleteValue(SPAN_KEY).getValue(SPAN_KEY), undefined)
  assert.equal(blue.deleteValue(SPAN_KEY).getValue(key), 'blue')
  assert.equal(ROOT_CONTEXT.getValue(key), undefined)
})

test('suppression is a value of the context like any other', () => {
  assert.equal(isSuppressed(ROOT_CONTEXT), false)
  assert.equal(isSuppressed(SUPPRESSED_CONTEXT), true)
  assert.equal(isSuppressed(API_ROOT.setValue(SUPPRESS_KEY, true)), true)
})

test('a context is active in the call, in what it awaits, and nowhere else', async () => {
  const context = ROOT_CONTEXT.setValue(SPAN_KEY, span)
  const seen = await runIn(
    context,
    async function (this: string, word: string) {
      await null
      return [activeContext(), this.toString(), word]
    },
    'this',
    'argument',
  )
  assert.deepEqual(seen, [context, 'this', 'argument'])
  assert.equal(activeContext(), ROOT_CONTEXT)
})

test('with() passes on this, arguments, result and error', () => {
  const context = ROOT_CONTEXT.setValue(SPAN_KEY, span)
  const receiver = {}
  const result = manager.with(
    context,
    function (this: unknown, a: number, b: number) {
      assert.equal(this, receiver)
      assert.equal(manager.active(), context)
      return a + b
    },
    receiver as never,
    1,
    2,
  )
  assert.equal(result, 3)
  const error = new Error('mine')
  assert.throws(
    () =>
      manager.with(context, () => {
        throw error
      }),
    (thrown) => thrown === error,
  )
})

test('a bound function runs in its context and keeps its name and length', () => {
  const context = ROOT_CONTEXT.setValue(SPAN_KEY, span)
  const bound = manager.bind(context, function named(_a: number, _b: number) {
    return activeContext()
  })
  assert.equal(bound(1, 2), context)
  assert.equal(bound.name, 'named')
  assert.equal(bound.length, 2)
})

test('listeners of a bound emitter run in its context and can be removed', () => {
  const context = ROOT_CONTEXT.setValue(SPAN_KEY, span)
  const emitter = manager.bind(context, new EventEmitter())
  const seen: unknown[] = []
  const listener = (): unknown => seen.push(activeContext())
  emitter.on('event', listener)
  emitter.emit('event')
  emitter.off('event', listener)
  emitter.emit('event')
  assert.deepEqual(seen, [context])
  assert.equal(emitter.listenerCount('event'), 0)
})

test('binding an emitter again moves it to the new context', () => {
  const first = ROOT_CONTEXT.setValue(SPAN_KEY, span)
  const second = ROOT_CONTEXT.setValue(SPAN_KEY, new NonRecordingSpan(span.spanContext()))
  const emitter = manager.bind(second, manager.bind(first, new EventEmitter()))
  let seen: unknown
  emitter.on('event', () => {
    seen = activeContext()
  })
  emitter.emit('event')
  assert.equal(seen, second)
})

test('what is no function and no emitter is bound by leaving it', () => {
  const value = {}
  assert.equal(manager.bind(ROOT_CONTEXT, value), value)
})

test('attach() enters a context until its token is disposed of', () => {
  const context = ROOT_CONTEXT.setValue(SPAN_KEY, span)
  const token = manager.attach(context)
  assert.equal(activeContext(), context)
  token.dispose()
  assert.equal(activeContext(), ROOT_CONTEXT)
})
