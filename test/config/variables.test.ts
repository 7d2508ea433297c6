import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/config/read.js'
import { TEST_MARKS } from '../../src/config/test-worker.js'
import { UNREAD_NAMES } from '../../src/config/variables/unread.js'
import type { Variable } from '../../src/config/variables/variable.js'
import { VARIABLES } from '../../src/config/variables.js'

const ROWS: readonly (readonly [string, Variable])[] = Object.entries(VARIABLES)

test('every variable of the table is read, and no other', () => {
  const read = new Set<string>()
  // A proxy for http is read where that is needed, and one for https.
  for (const endpoint of ['http://c:4318', 'https://c:4318']) {
    const env = new Proxy<Record<string, string | undefined>>(
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, HTTP_PROXY: 'http://p' },
      {
        get(target, name) {
          read.add(String(name))
          return target[String(name)]
        },
      },
    )
    readConfig(env, ['<name>'], assert.fail)
  }
  for (const name of ['OTEL_INSTRUMENTATION__NAME__ENABLED', ...TEST_MARKS]) read.delete(name)
  const names = ROWS.map(([name]) => name).filter((name) => !name.includes('<'))
  assert.deepEqual([...read].sort(), names.sort())
})

test('each default is a value of its type', () => {
  for (const [name, { default: text, tested, type }] of ROWS) {
    for (const given of [text, tested]) {
      if (given === undefined) continue
      const parsed = type.parse(given)
      assert.notEqual(parsed.value, undefined, name)
      assert.equal(parsed.problem, undefined, name)
    }
  }
})

test('each variable that another refers to is of the same type', () => {
  const rows = new Map(ROWS)
  for (const [name, { fallback, atMost, type }] of ROWS) {
    for (const other of [fallback, atMost]) {
      if (other !== undefined) assert.equal(rows.get(other)?.type, type, name)
    }
  }
})

test('each row has one line of meaning', () => {
  for (const [name, { meaning }] of ROWS) assert.match(meaning, /^[A-Za-z].{10,110}\.$/, name)
})

test('no name is both read and unread', () => {
  assert.deepEqual(
    UNREAD_NAMES.filter((name) => Object.hasOwn(VARIABLES, name)),
    [],
  )
  assert.equal(new Set(UNREAD_NAMES).size, UNREAD_NAMES.length)
})
