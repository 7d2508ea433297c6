import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namedSeverity, numberedSeverity } from '../../src/instrumentation/log-records.js'

/** The severity numbers of the logs data model, by the names of its ranges. */
const RANGES = { TRACE: 1, DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 }

test('levels of pino and bunyan are those of the data model, and what lies between them a little more', () => {
  const levels = [10, 20, 30, 40, 50, 60]
  assert.deepEqual(levels.map(numberedSeverity), Object.values(RANGES))
  assert.deepEqual([0, 9, 11, 29, 35, 45, 59, 61, 100].map(numberedSeverity), [1, 1, 2, 6, 10, 14, 18, 22, 22])
})

const NAMED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  npm: { error: 17, warn: 13, info: 9, http: 7, verbose: 6, debug: 5, silly: 1 },
  syslog: { emerg: 23, alert: 22, crit: 21, error: 17, warning: 13, notice: 10, info: 9, debug: 5 },
  'those of the program, as the data model has them': { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 },
  cli: { error: 17, warn: 13, help: 9, data: 9, info: 9, debug: 5, prompt: 9, verbose: 6, input: 9, silly: 1 },
}

for (const [levels, severities] of Object.entries(NAMED)) {
  test(`levels of winston by their names: ${levels}`, () => {
    for (const [name, severity] of Object.entries(severities)) assert.equal(namedSeverity(name), severity, name)
  })
}

test('a level by a name of the program has no number', () => {
  for (const name of ['loud', 'INFO', '', 'constructor', '__proto__']) assert.equal(namedSeverity(name), 0, name)
})
