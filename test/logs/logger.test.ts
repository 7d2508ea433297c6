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
