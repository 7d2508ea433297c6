import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breaker, type BreakerClock } from '../../src/instrumentation/breaker.js'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** A breaker in a time of its own. */
function breaking() {
  let now = 0
  const turns: boolean[] = []
  const due: { at: number; work: () => void }[] = []
  const clock: BreakerClock = {
    now: () => now,
    later: (work, millis) => due.push({ at: now + millis, work }),
  }
  const breaker = new Breaker('library', (isBroken) => turns.push(isBroken), clock)
  return {
    breaker,
    turns,
    fail(times: number) {
      for (let i = 0; i < times; i++) breaker.failed('library place', new Error('odd'))
    },
    pass(millis: number) {
      now += millis
      for (const { work } of due.splice(0).filter((entry) => entry.at <= now || !due.push(entry))) work()
    },
  }
}

test('ten faults within ten seconds switch off', () => {
  const { turns, fail, pass } = breaking()
  fail(9)
  assert.deepEqual(turns, [])
  pass(10 * SECOND)
  fail(1)
  assert.deepEqual(turns, [true])
})

test('the tenth comes too late', () => {
  const { turns, fail, pass } = breaking()
  fail(9)
  pass(10 * SECOND + 1)
  fail(9)
  assert.deepEqual(turns, [])
})

test('it is tried again after a minute, and then after twice as long', () => {
  const { turns, fail, pass } = breaking()
  fail(10)
  pass(MINUTE - 1)
  assert.deepEqual(turns, [true])
  pass(1)
  assert.deepEqual(turns, [true, false])
  fail(10)
  pass(2 * MINUTE - 1)
  assert.deepEqual(turns, [true, false, true])
  pass(1)
  assert.deepEqual(turns, [true, false, true, false])
})

test('a pause is an hour at most', () => {
  const { turns, fail, pass } = breaking()
  for (let i = 0; i < 20; i++) {
    fail(10)
    pass(60 * MINUTE)
  }
  assert.equal(turns.length, 40)
})

test('who has recovered pauses as at first', () => {
  const { turns, fail, pass } = breaking()
  fail(10)
  pass(MINUTE)
  fail(10)
  pass(2 * MINUTE)
  pass(10 * MINUTE + 1)
  fail(10)
  pass(MINUTE)
  assert.deepEqual(turns, [true, false, true, false, true, false])
})

test('what fails while it is off counts for nothing', () => {
  const { turns, fail, pass } = breaking()
  fail(100)
  pass(MINUTE)
  fail(9)
  assert.deepEqual(turns, [true, false])
})

test('after a reset it is as new, and no trial of before comes', () => {
  const { breaker, turns, fail, pass } = breaking()
  fail(10)
  breaker.reset()
  fail(10)
  assert.deepEqual(turns, [true, true])
  pass(MINUTE)
  assert.deepEqual(turns, [true, true, false])
})
