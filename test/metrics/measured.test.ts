import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addWaiting, note, settle, type Taker } from '../../src/metrics/measured.js'
import { createViews } from '../../src/metrics/views.js'
import { listenToDiag } from '../export/collector.js'
import { metering } from './metering.js'
import { view } from './view.js'

class Log implements Taker {
  readonly values: number[] = []

  take(value: number): void {
    this.values.push(value)
  }
}

test('measurements wait until they are settled, and are taken once and in order', () => {
  const log = new Log()
  for (const value of [1, 2, 3]) note(log, value, 0, undefined)
  assert.deepEqual(log.values, [])
  settle()
  assert.deepEqual(log.values, [1, 2, 3])
  settle()
  assert.deepEqual(log.values, [1, 2, 3])
})

test('who waits with measurements of its own has them taken too', () => {
  const log = new Log()
  let has = true
  addWaiting(() => {
    if (has) note(log, 2, 0, undefined)
    has = false
  })
  note(log, 1, 0, undefined)
  settle()
  settle()
  assert.deepEqual(log.values, [1, 2])
})

test('more measurements than can wait are taken before', () => {
  const log = new Log()
  const all = Array.from({ length: 1000 }, (_, i) => i)
  for (const value of all) note(log, value, 0, undefined)
  assert.ok(log.values.length >= 900, `${log.values.length} taken`)
  settle()
  assert.deepEqual(log.values, all)
})

test('a measurement that cannot be taken costs no other', () => {
  const diag = listenToDiag()
  const log = new Log()
  const failing: Taker = {
    take() {
      throw new Error('no room')
    },
  }
  note(log, 1, 0, undefined)
  note(failing, 2, 0, undefined)
  note(log, 3, 0, undefined)
  settle()
  diag.restore()
  assert.deepEqual(log.values, [1, 3])
  assert.equal(diag.lines.length, 1)
  assert.match(diag.lines[0] ?? '', /a metric.*no room/)
})

for (const count of [1, 500]) {
  test(`what is measured while others are settled is settled too: ${count}`, () => {
    const log = new Log()
    const all = Array.from({ length: count }, (_, i) => i)
    const measuring: Taker = {
      take() {
        for (const value of all) note(log, value, 0, undefined)
        // As who collects in the midst of it.
        settle()
      },
    }
    note(measuring, 0, 0, undefined)
    settle()
    assert.deepEqual(
      log.values.toSorted((a, b) => a - b),
      all,
    )
  })
}

/** What two requests, one after the other, make of a sum of those that are open. */
const OPEN: readonly [name: string, settings: Parameters<typeof metering>[0], values: readonly number[]][] = [
  ['that is a sum', {}, [1, 0, 0, 0]],
  ['whose measurements may become exemplars', { exemplars: 'always_on' }, [1, 0, 0, 0]],
  [
    'of which a view keeps the last value',
    { views: createViews([view({}, { aggregation: { kind: 'last_value' } })]) },
    [1, -1, -1, -1],
  ],
]

for (const [name, settings, expected] of OPEN) {
  test(`changes are added up for an instrument ${name}, and each is told once`, () => {
    const { meter, values } = metering(settings)
    const open = meter.createUpDownCounter('open').bind(['kind', 'a'])
    const seen: number[] = []
    const look = (): void => {
      for (const [attributes, value] of values('open')) {
        assert.deepEqual(attributes, { kind: 'a' })
        seen.push(value)
      }
    }
    open.add(1)
    look()
    open.add(-1)
    look()
    open.add(1)
    open.add(-1)
    look()
    look()
    assert.deepEqual(seen, expected)
  })
}
