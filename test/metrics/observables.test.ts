import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hearDurations } from '../../src/diag/counters.js'
import type { AttributeList } from '../../src/trace/attributes.js'
import { metering } from './metering.js'

test('callbacks are asked at each collection, and their last word counts', () => {
  const { meter, values } = metering()
  let level = 1
  meter.createObservableGauge('level').addCallback((result) => {
    result.observe(99, { tank: 'a' })
    result.observe(level++, { tank: 'a' })
    result.observe(0)
  })
  assert.deepEqual(values('level'), [
    [{ tank: 'a' }, 1],
    [{}, 0],
  ])
  assert.deepEqual(values('level')[0], [{ tank: 'a' }, 2])
})

test('what is not observed any more is not told', () => {
  const { meter, values } = metering()
  const tanks = new Set(['a', 'b'])
  meter.createObservableGauge('level').addCallback((result) => {
    for (const tank of tanks) result.observe(1, { tank })
  })
  assert.equal(values('level').length, 2)
  tanks.delete('a')
  assert.deepEqual(values('level'), [[{ tank: 'b' }, 1]])
  tanks.clear()
  assert.deepEqual(values('level'), [])
})

test('a callback is asked once however often it is added, and no more when it is removed', () => {
  const { meter, values } = metering()
  const gauge = meter.createObservableGauge('level')
  let asked = 0
  const callback: Parameters<typeof gauge.addCallback>[0] = (result) => result.observe(++asked)
  gauge.addCallback(callback)
  gauge.addCallback(callback)
  assert.deepEqual(values('level'), [[{}, 1]])
  gauge.removeCallback(callback)
  gauge.removeCallback(callback)
  assert.deepEqual(values('level'), [])
  assert.equal(asked, 1)
})

test('callbacks that come meanwhile are asked at the next collection, and those that go are not asked', () => {
  const { meter, values } = metering()
  const gauge = meter.createObservableGauge('level')
  let asked = 0
  const addedAnew: Parameters<typeof gauge.addCallback>[0] = (result) => {
    result.observe(++asked, { tank: 'a' })
    gauge.removeCallback(addedAnew)
    gauge.removeCallback(gone)
    if (asked < 5) gauge.addCallback(addedAnew)
  }
  const gone: typeof addedAnew = (result) => result.observe(1, { tank: 'b' })
  gauge.addCallback(addedAnew)
  gauge.addCallback(gone)
  assert.deepEqual(values('level'), [[{ tank: 'a' }, 1]])
  assert.deepEqual(values('level'), [[{ tank: 'a' }, 2]])
})

test('callbacks of the program are a reason for one last collection, until it is over, and those of the agent are none', async () => {
  const { meter, collect, collectAll, reader } = metering()
  const uptime = meter.createObservableGauge('uptime')
  meter.observe((observe) => observe(uptime, 1))
  assert.equal(reader.touched, false)
  meter.createObservableGauge('level').addCallback((result) => result.observe(1))
  assert.equal(reader.touched, true)
  await collectAll()
  assert.equal(reader.touched, true)
  assert.equal(collect().length, 2)
  assert.equal(reader.touched, false)
  meter.createCounter('c').add(1)
  assert.equal(reader.touched, true)
  await collectAll()
  assert.equal(reader.touched, true)
})

test('one callback for several instruments tells of those that it was added for', () => {
  const { meter, collect } = metering()
  const [a, b, c] = ['a', 'b', 'c'].map((name) => meter.createObservableCounter(name)) as [never, never, never]
  const callback: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    for (const [i, instrument] of [a, b, c].entries()) result.observe(instrument, i)
    result.observe({} as never, 1)
  }
  meter.addBatchObservableCallback(callback, [a, b])
  assert.deepEqual(
    collect().map(({ name, points }) => [name, points[0]?.value]),
    [
      ['a', 0],
      ['b', 1],
    ],
  )
  meter.removeBatchObservableCallback(callback, [a])
  assert.equal(collect().length, 2)
  meter.removeBatchObservableCallback(callback, [b, a])
  assert.deepEqual(collect(), [])
})

test('a callback that fails keeps no other from telling', () => {
  const { meter, values } = metering()
  const gauge = meter.createObservableGauge('level')
  gauge.addCallback((result) => {
    result.observe(1, { tank: 'a' })
    throw new Error('no more')
  })
  gauge.addCallback((result) => result.observe(2, { tank: 'b' }))
  assert.equal(values('level').length, 2)
})

test('callbacks that take their time are waited for', async () => {
  const { meter, collectAll } = metering()
  const gauge = meter.createObservableGauge('level')
  gauge.addCallback(async (result) => {
    await new Promise((resolve) => setImmediate(resolve))
    result.observe(1)
  })
  gauge.addCallback(() => Promise.reject(new Error('not this time')))
  const [metric] = await collectAll()
  assert.equal(metric?.points[0]?.value, 1)
})

test('a callback that never ends is left behind, and may not tell later', async () => {
  const { meter, collectAll } = metering()
  // The collection itself keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  let tell = () => {}
  meter.createObservableGauge('slow').addCallback((result) => {
    tell = () => result.observe(1)
    return new Promise(() => {})
  })
  meter.createObservableGauge('quick').addCallback((result) => result.observe(2))
  const names = async () => (await collectAll(1)).map(({ name }) => name)
  assert.deepEqual(await names(), ['quick'])
  tell()
  assert.deepEqual(await names(), ['quick'])
  clearInterval(alive)
})

test('a collection without waiting takes what there is of one that waits', async () => {
  const { meter, collect, collectAll } = metering()
  let settle = () => {}
  meter.createObservableGauge('level').addCallback((result) => {
    result.observe(1)
    return new Promise<void>((resolve) => {
      settle = resolve
    })
  })
  const waiting = collectAll()
  assert.equal(collect()[0]?.points[0]?.value, 1)
  settle()
  assert.deepEqual(await waiting, [])
})

test('observed sums become differences where deltas are asked for', () => {
  const { meter, values } = metering({ temporality: 'delta' })
  const sums = [10, 15, 15, 3]
  meter.createObservableCounter('bytes').addCallback((result) => result.observe(sums.shift() ?? 0))
  assert.deepEqual(values('bytes'), [[{}, 10]])
  assert.deepEqual(values('bytes'), [[{}, 5]])
  assert.deepEqual(values('bytes'), [[{}, 0]])
  // It has begun anew.
  assert.deepEqual(values('bytes'), [[{}, 3]])
})

test('of more than 2000 sets of attributes the sum of the others is told', () => {
  const { meter, collect } = metering()
  let sets = 2000
  meter.createObservableUpDownCounter('connections').addCallback((result) => {
    for (let i = 0; i < sets; i++) result.observe(2, { i })
  })
  assert.deepEqual(
    collect()[0]?.points.map(({ attributes }) => attributes),
    Array.from({ length: 2000 }, (_, i) => ({ i })),
  )
  sets += 3
  for (let i = 0; i < 2; i++) {
    const points = collect()[0]?.points ?? []
    assert.equal(points.length, 2001)
    assert.deepEqual([points.at(-1)?.attributes, points.at(-1)?.value], [{ 'otel.metric.overflow': true }, 6])
  }
})

test('where attributes are redacted the last word on the same ones counts, and what becomes the same is added up', () => {
  const redact = (list: Readonly<AttributeList>) => list.map((value) => (/ann|bob/.test(String(value)) ? '?' : value))
  const { meter, values } = metering({ redact })
  meter.createObservableCounter('bytes').addCallback((result) => {
    for (const value of [3, 10]) for (const user of ['ann', 'bob', 'cid']) result.observe(value, { user })
  })
  const expected = [
    [{ user: '?' }, 20],
    [{ user: 'cid' }, 10],
  ]
  assert.deepEqual(values('bytes'), expected)
  assert.deepEqual(values('bytes'), expected)
})

test('how long collections take is told, and which way they have failed', async () => {
  const told: unknown[] = []
  hearDurations((name, seconds, attributes) => told.push([name, seconds >= 0, attributes]))
  const component = { 'otel.component.name': 'reader/0' }
  const { meter, collectAll } = metering({ component })
  const gauge = meter.createObservableGauge('level')
  const failing: readonly [error: string | undefined, callback: () => unknown][] = [
    [undefined, async () => {}],
    ['RangeError', () => assert.fail(new RangeError('no more'))],
    ['TypeError', () => Promise.reject(new TypeError('no more'))],
    ['_OTHER', () => Promise.reject('no more')],
    ['timeout', () => new Promise(() => {})],
    [undefined, () => {}],
  ]
  // The collection itself keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  for (const [, callback] of failing) {
    gauge.addCallback(callback as never)
    await collectAll(callback === failing[4]?.[1] ? 1 : 10_000)
    gauge.removeCallback(callback as never)
  }
  clearInterval(alive)
  assert.deepEqual(
    told,
    failing.map(([error]) => [
      'otel.sdk.metric_reader.collection.duration',
      true,
      error === undefined ? component : { ...component, 'error.type': error },
    ]),
  )
})

test('a sum that is not observed for a while goes on where it was, as a difference', () => {
  const { meter, values } = metering({ temporality: 'delta' })
  const sums: (number | undefined)[] = [10, undefined, 15]
  meter.createObservableCounter('bytes').addCallback((result) => {
    const sum = sums.shift()
    if (sum !== undefined) result.observe(sum)
  })
  assert.deepEqual([values('bytes'), values('bytes'), values('bytes')], [[[{}, 10]], [], [[{}, 5]]])
})
