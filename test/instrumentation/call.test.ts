import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import type { Context } from '@opentelemetry/api'
import { ROOT_CONTEXT, SUPPRESSED_CONTEXT } from '../../src/context/context.js'
import { activeContext, runIn } from '../../src/context/manager.js'
import { bindCallback, type CallDescription, Calls, once } from '../../src/instrumentation/call.js'
import { Kit } from '../../src/instrumentation/kit.js'
import type { SpanData } from '../../src/trace/span.js'
import { attributesOf, recordingTracer } from '../trace/tracing.js'

const CALLER = ROOT_CONTEXT.setValue(Symbol('caller'), true)
const CONNECTION = ROOT_CONTEXT.setValue(Symbol('connection'), true)

/** A library as instrumentations find them, and what is traced of calls of it. */
function library(
  description: Partial<CallDescription<string>> = {},
  context: Context = CALLER,
): {
  call: (fn: (...args: never[]) => unknown, ...args: unknown[]) => unknown
  traced: () => unknown[]
} {
  const { tracer, ended } = recordingTracer()
  const kit = new Kit('library', () => tracer, {} as never)
  const calls = new Calls<string>(kit, 'call', {
    name: (subject) => subject,
    attributes: () => ['known', 'at the start'],
    recordResult: (span, result) => span.setAttribute('result', String(result)),
    recordError: (span, error) => span.setStatus({ code: 2, message: String(error) }),
    ...description,
  })
  return {
    call: (fn, ...args) => runIn(context, () => calls.trace('call', fn as never, { own: 'this' }, args), undefined),
    traced: () =>
      ended.map(({ attributes, statusMessage }: SpanData) => attributesOf(attributes).result ?? statusMessage),
  }
}

/** Later, and in a context that is not the caller's, as libraries call back. */
function fromConnection(work: () => void): void {
  setImmediate(() => runIn(CONNECTION as Context, work, undefined))
}

test('a call ends by its callback, which has its arguments and runs in the context of the caller', async () => {
  const { call, traced } = library()
  const seen = await new Promise((resolve) => {
    const ask = (question: string, callback: (...args: unknown[]) => void): string => {
      fromConnection(() => callback(null, `${question}!`, 'more'))
      return 'returned'
    }
    const returned = call(ask, 'question', (...args: unknown[]) => resolve([returned, args, activeContext()]))
    assert.deepEqual(traced(), [])
  })
  assert.deepEqual(seen, ['returned', [null, 'question!', 'more'], CALLER])
  assert.deepEqual(traced(), ['question!'])
})

test('an error that is called back fails the call', async () => {
  const { call, traced } = library()
  const error = new RangeError('no')
  const seen = await new Promise((resolve) => {
    call((callback: (error: unknown) => void) => fromConnection(() => callback(error)), resolve)
  })
  assert.equal(seen, error)
  assert.deepEqual(traced(), ['RangeError: no'])
})

test('a call ends when its promise settles, and a rejection stays one', async () => {
  const { call, traced } = library()
  const error = new Error('no')
  assert.equal(await call(async () => 'yes'), 'yes')
  await assert.rejects(call(() => Promise.reject(error)) as Promise<unknown>, (reason) => reason === error)
  assert.deepEqual(traced(), ['yes', 'Error: no'])
})

test('a call that throws has failed, and one that returns what is no promise has ended', () => {
  const { call, traced } = library()
  const error = new Error('no')
  const thrower = (): never => {
    throw error
  }
  assert.throws(
    () => call(thrower),
    (reason) => reason === error,
  )
  assert.equal(
    call(
      function (this: { own: string }, value: number) {
        return this.own + value
      } as never,
      1,
    ),
    'this1',
  )
  assert.deepEqual(traced(), ['Error: no', 'this1'])
})

for (const event of ['end', 'finish', 'close']) {
  test(`a call ends with its stream, by ${event}, whose listeners run in the context of the caller`, () => {
    const { call, traced } = library()
    const stream = new EventEmitter()
    assert.equal(
      call(() => stream),
      stream,
    )
    const contexts: Context[] = []
    stream.on('data', () => contexts.push(activeContext()))
    runIn(CONNECTION as Context, () => stream.emit('data'), undefined)
    assert.deepEqual([contexts, traced()], [[CALLER], []])
    stream.emit(event)
    stream.emit('close')
    assert.deepEqual(traced(), ['undefined'])
  })
}

test('an error of a stream fails its call, and is no less an error if nobody listens', () => {
  const { call, traced } = library()
  const stream = new EventEmitter()
  call(() => stream)
  assert.deepEqual(stream.eventNames(), [])
  assert.throws(() => stream.emit('error', new Error('no')), /no/)
  assert.deepEqual(traced(), ['Error: no'])
})

test('what the caller has aborted is no error', async () => {
  const { call, traced } = library()
  await assert.rejects(call(() => Promise.reject(new DOMException('aborted', 'AbortError'))) as Promise<unknown>)
  const byAxios = Object.assign(new Error('canceled'), { name: 'CanceledError', code: 'ERR_CANCELED' })
  await assert.rejects(call(() => Promise.reject(byAxios)) as Promise<unknown>)
  assert.deepEqual(traced(), ['', ''])
})

test('no call is traced in the work of the agent', () => {
  const { call, traced } = library(undefined, SUPPRESSED_CONTEXT)
  assert.equal(
    call(() => 'done'),
    'done',
  )
  assert.deepEqual(traced(), [])
})

test('a description that fails is no trouble to the program', () => {
  const fail = (): never => {
    throw new Error('a fault of the instrumentation')
  }
  for (const description of [{ name: fail }, { attributes: fail }, { recordResult: fail }, { recordError: fail }]) {
    const { call } = library(description)
    for (let i = 0; i < 20; i++) {
      assert.equal(
        call(() => 'done'),
        'done',
      )
      assert.throws(() => call(() => assert.fail('of the program')), /of the program/)
    }
  }
})

test('a callback that is bound is called as often as the library calls it, one for once only once', () => {
  const { tracer } = recordingTracer()
  const kit = new Kit('library', () => tracer, {} as never)
  const contexts: Context[] = []
  const callback = (): number => contexts.push(activeContext())
  const bound = bindCallback(kit, CALLER, callback)
  const single = once(callback)
  for (const each of [bound, bound, single, single]) runIn(CONNECTION as Context, each as never, undefined)
  assert.deepEqual(contexts, [CALLER, CONNECTION, CONNECTION])
})
