import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trace } from '@opentelemetry/api'
import type { LogRecord } from '@opentelemetry/api-logs'
import { ROOT_CONTEXT, SUPPRESSED_CONTEXT } from '../../src/context/context.js'
import { runIn } from '../../src/context/manager.js'
import type { LogData } from '../../src/logs/log-data.js'
import { AgentLogger } from '../../src/logs/logger.js'
import { ILL_FORMED, UNREADABLE } from '../trace/tracing.js'

const SCOPE = { name: 'shop', version: '', schemaUrl: '' }
const BOUNDS = { count: 10, valueLength: Number.POSITIVE_INFINITY }

function emitted(record: LogRecord): LogData[] {
  const records: LogData[] = []
  new AgentLogger(SCOPE, BOUNDS, { onEnd: (data) => records.push(data) }, { records: 0 }).emit(record)
  return records
}

test('times that the program gives are kept', () => {
  const [record] = emitted({ timestamp: [1_700_000_000, 1], observedTimestamp: [1_700_000_001, 2] })
  assert.deepEqual(
    [record?.time, record?.observedTime],
    [
      [1_700_000_000, 1],
      [1_700_000_001, 2],
    ],
  )
})

test('a record whose time is none is told all the same', () => {
  for (const time of [null, {}, 1n]) {
    const [record] = emitted({ body: 'kept', timestamp: time as never, observedTimestamp: time as never })
    assert.equal(record?.body, 'kept')
  }
})

test('a record of which the body cannot be read is told without it', () => {
  const [record] = emitted({ body: UNREADABLE as never, attributes: { kept: 1, lost: UNREADABLE as never } })
  assert.deepEqual([record?.body, record?.attributes], [undefined, ['kept', 1]])
})

test('what a body holds that is no plain data is as JSON has it, and of an error the words', () => {
  class Order {
    readonly id = 7
    readonly at = new Date(0)
    readonly #secret = 'hidden'
    toString(): string {
      return this.#secret
    }
  }
  const circular = Object.assign(new Order(), { self: {} })
  circular.self = circular
  const at = '1970-01-01T00:00:00.000Z'
  for (const [body, expected] of [
    [new Date(0), at],
    [new Order(), { id: 7, at }],
    [
      { order: new Order(), url: new URL('http://shop/'), circular },
      { order: { id: 7, at }, url: 'http://shop/' },
    ],
    [
      [new RangeError('too far'), circular],
      ['RangeError: too far', null],
    ],
    [circular, undefined],
  ] as const) {
    const [record] = emitted({ body: body as never })
    assert.deepEqual(record?.body && JSON.parse(JSON.stringify(record.body)), expected)
  }
})

test('a record whose context is null belongs to the active one', () => {
  const context = trace.setSpanContext(ROOT_CONTEXT, { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })
  const [record] = runIn(context, () => emitted({ body: 'kept', context: null as never }), undefined)
  assert.equal(record?.spanId, '2'.repeat(16))
})

test('what a program says of an exception wins, and what merely looks like it does not', () => {
  const exception = Object.assign(new RangeError('too far'), { stack: 'stack' })
  const attributes = { 'exception.message': 'mine', note: 'exception.type' }
  const [record] = emitted({ attributes, exception })
  const { attributes: list = [] } = record ?? {}
  assert.deepEqual(list, [
    'exception.message',
    'mine',
    'note',
    'exception.type',
    'exception.type',
    'RangeError',
    'exception.stacktrace',
    'stack',
  ])
})

test('severities that are none are unspecified', () => {
  for (const [given, expected] of [
    [1, 1],
    [24, 24],
    [25, 0],
    [0, 0],
    [-1, 0],
    [9.9, 9],
    [Number.NaN, 0],
  ] as const)
    assert.equal(emitted({ severityNumber: given })[0]?.severityNumber, expected, String(given))
})

for (const [what, identity] of Object.entries(ILL_FORMED)) {
  test(`a record below a context that the program has made with ${what} belongs to no span`, () => {
    const [record] = emitted({ context: trace.setSpanContext(ROOT_CONTEXT, identity) })
    assert.deepEqual([record?.traceId, record?.spanId, record?.traceFlags], ['', '', 0])
  })
}

test('within what is not to be traced nothing is logged', () => {
  const context = SUPPRESSED_CONTEXT
  assert.deepEqual(
    runIn(context, () => emitted({ body: 'own traffic' }), undefined),
    [],
  )
  assert.deepEqual(emitted({ body: 'own traffic', context }), [])
})
