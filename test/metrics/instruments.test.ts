import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InstrumentKind } from '../../src/metrics/instrument.js'
import type { AgentMeter } from '../../src/metrics/meter.js'
import type { TemporalityPreference } from '../../src/metrics/reader.js'
import { createViews } from '../../src/metrics/views.js'
import { listenToDiag } from '../export/collector.js'
import { metering } from './metering.js'
import { view } from './view.js'

test('measurements are added up by their attributes, in whatever order these are given', () => {
  const { meter, values } = metering()
  const counter = meter.createCounter('orders', { unit: '{order}', description: 'Orders' })
  counter.add(1)
  counter.add(2, {})
  counter.add(1, { size: 'l', colour: 'red' })
  counter.add(2.5, { colour: 'red', size: 'l' })
  counter.add(4, { colour: 'red' })
  counter.add(8, { colour: 'red', size: undefined as never })
  assert.deepEqual(values('orders'), [
    [{}, 3],
    [{ size: 'l', colour: 'red' }, 3.5],
    [{ colour: 'red' }, 12],
  ])
})

test('attributes of different types or shapes are different', () => {
  const { meter, values } = metering()
  const counter = meter.createCounter('c')
  const given = [1, '1', true, 'true', ['a', 'b'], ['a,b'], [1], ['1'], '', 'a"b', [true], []]
  for (const value of given) counter.add(1, { value })
  for (const value of given) counter.add(1, { value })
  assert.deepEqual(
    values('c'),
    given.map((value) => [{ value }, 2]),
  )
})

test('neither inherited properties nor later changes of the attributes count', () => {
  const { meter, values } = metering()
  const counter = meter.createCounter('c')
  const attributes: Record<string, string> = Object.assign(Object.create({ inherited: 'x' }), { own: 'a' })
  counter.add(1, attributes)
  attributes.own = 'b'
  counter.add(1, attributes)
  counter.add(1, { own: 'a' })
  counter.add(1, { inherited: 'x', own: 'a' })
  assert.deepEqual(values('c'), [
    [{ own: 'a' }, 2],
    [{ own: 'b' }, 1],
    [{ inherited: 'x', own: 'a' }, 1],
  ])
})

test('a list that changes is another attribute from then on', () => {
  const { meter, values } = metering()
  const counter = meter.createCounter('c')
  const list = ['a']
  counter.add(1, { list })
  list.push('b')
  counter.add(2, { list })
  assert.deepEqual(values('c'), [
    [{ list: ['a'] }, 1],
    [{ list: ['a', 'b'] }, 2],
  ])
})

test('attributes are not limited in length or number', () => {
  const { meter, values } = metering()
  const attributes = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key${i}`, 'x'.repeat(1000)]))
  meter.createCounter('c').add(1, attributes)
  assert.deepEqual(values('c'), [[attributes, 1]])
})

test('a metric tells what its instrument is', () => {
  const { meter, collect } = metering()
  meter.createCounter('counter', { unit: 'By', description: 'bytes', valueType: 0 }).add(3)
  meter.createUpDownCounter('up-down').add(-2)
  meter.createHistogram('histogram', { unit: 'ms' }).record(7)
  meter.createGauge('gauge', { valueType: 0 }).record(-2)
  assert.deepEqual(
    collect().map(({ name, description, unit, data, temporality, isMonotonic, isInt }) => {
      return [name, description, unit, data, temporality, isMonotonic, isInt]
    }),
    [
      ['counter', 'bytes', 'By', 'sum', 'cumulative', true, true],
      ['up-down', '', '', 'sum', 'cumulative', false, false],
      ['histogram', '', 'ms', 'histogram', 'cumulative', undefined, false],
      ['gauge', '', '', 'gauge', undefined, undefined, true],
    ],
  )
})

test('ints of 53 bits and more arrive as the nearest that 64 bits hold', () => {
  const { meter, values } = metering()
  const gauge = meter.createGauge('g', { valueType: 0 })
  const given = [2 ** 53, -(2 ** 53), 2 ** 62, 1e30, -1e30, -1, 0, 4_294_967_296]
  for (const [i, value] of given.entries()) gauge.record(value, { i })
  assert.deepEqual(
    values('g').map(([, value]) => value),
    [2 ** 53, -(2 ** 53), 2 ** 62, 2 ** 63 - 1024, -(2 ** 63 - 1024), -1, 0, 4_294_967_296],
  )
})

test('cumulative sums go on and keep their start', () => {
  const { meter, collect } = metering()
  const counter = meter.createCounter('c')
  counter.add(1)
  const [first] = collect()
  counter.add(2)
  const [second] = collect()
  const [third] = collect()
  assert.deepEqual(
    [first, second, third].map((metric) => metric?.points[0]?.value),
    [1, 3, 3],
  )
  assert.equal(second?.points[0]?.startTimeUnixNano, first?.points[0]?.startTimeUnixNano)
})

test('deltas begin where the last one ended, and tell what was measured only', () => {
  const { meter, collect } = metering({ temporality: 'delta' })
  const counter = meter.createCounter('c')
  counter.add(1, { a: 1 })
  counter.add(2, { a: 2 })
  const [first] = collect()
  counter.add(4, { a: 2 })
  const [second] = collect()
  assert.deepEqual(
    second?.points.map(({ attributes, value }) => [attributes, value]),
    [[{ a: 2 }, 4]],
  )
  assert.equal(second?.points[0]?.startTimeUnixNano, first?.points[0]?.timeUnixNano)
  assert.deepEqual(collect(), [])
})

test('instruments with their attributes bound count in each delta anew', () => {
  const { meter, values } = metering({ temporality: 'delta' })
  const counter = meter.createCounter('c')
  const bound = counter.bind(['a', 1])
  bound.record(1, Date.now(), undefined)
  counter.add(1, { a: 1 })
  assert.deepEqual(values('c'), [[{ a: 1 }, 2]])
  assert.deepEqual(values('c'), [])
  bound.record(4, Date.now(), undefined)
  assert.deepEqual(values('c'), [[{ a: 1 }, 4]])
})

const TEMPORALITIES: Record<TemporalityPreference, readonly InstrumentKind[]> = {
  cumulative: [],
  delta: ['counter', 'histogram', 'observable_counter'],
  lowmemory: ['counter', 'histogram'],
}

for (const [preference, deltas] of Object.entries(TEMPORALITIES)) {
  test(`with ${preference} ${deltas.join(' and ') || 'nothing'} is of deltas`, () => {
    const { meter, collect } = metering({ temporality: preference as TemporalityPreference })
    useAll(meter)
    const found = collect().filter(({ temporality }) => temporality === 'delta')
    assert.deepEqual(
      found.map(({ name }) => name),
      deltas,
    )
  })
}

function useAll(meter: AgentMeter): void {
  meter.createCounter('counter').add(1)
  meter.createUpDownCounter('up_down_counter').add(1)
  meter.createHistogram('histogram').record(1)
  meter.createGauge('gauge').record(1)
  meter.createObservableCounter('observable_counter').addCallback((result) => result.observe(1))
  meter.createObservableUpDownCounter('observable_up_down_counter').addCallback((result) => result.observe(1))
  meter.createObservableGauge('observable_gauge').addCallback((result) => result.observe(1))
}

test('an instrument that is asked for again is the same one, in whatever case its name is', () => {
  const { meter, values, provider } = metering()
  const counter = meter.createCounter('Orders', { unit: '1' })
  assert.equal(meter.createCounter('orders', { unit: '1' }), counter)
  assert.equal(provider.getMeter('metering', '1').createCounter('ORDERS', { unit: '1' }), counter)
  counter.add(1)
  assert.deepEqual(values('Orders'), [[{}, 1]])
})

test('instruments that differ in their descriptions only are one, with the first', (t) => {
  const { lines, restore } = listenToDiag()
  t.after(restore)
  const { meter, collect } = metering()
  for (const description of ['Orders taken', undefined, 'Orders']) {
    meter.createCounter('orders', { description }).add(1)
    meter.createObservableGauge('stock', { description }).addCallback((result) => result.observe(5))
  }
  assert.deepEqual(
    collect().map(({ name, description, points }) => [name, description, points.map(({ value }) => value)]),
    [
      ['orders', 'Orders taken', [3]],
      ['stock', 'Orders taken', [5]],
    ],
  )
  assert.deepEqual(lines, [])
})

test('instruments that differ under one name are both exported, and that is said once', (t) => {
  const { lines, restore } = listenToDiag()
  t.after(restore)
  const { meter, collect } = metering()
  meter.createCounter('c').add(1)
  meter.createCounter('C', { unit: 'By' }).add(2)
  meter.createHistogram('c').record(4)
  assert.deepEqual(
    collect().map(({ name, unit, data }) => [name, unit, data]),
    [
      ['c', '', 'sum'],
      ['c', 'By', 'sum'],
      ['c', '', 'histogram'],
    ],
  )
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /two instruments have the name c and differ in its unit: "" and "By"; both are exported/)
})

for (const name of ['a', 'A.b_c-d/9', `a${'b'.repeat(254)}`]) {
  test(`${name.slice(0, 20)} (${name.length}) is a name`, () => {
    const { meter, values } = metering()
    meter.createCounter(name).add(1)
    assert.deepEqual(values(name), [[{}, 1]])
  })
}

for (const name of ['', '9a', 'a b', 'é', '_a', `a${'b'.repeat(255)}`, undefined, null, {}]) {
  test(`${String(name).slice(0, 20)} is no name, and its instruments do nothing`, () => {
    const { meter, collect } = metering()
    meter.createCounter(name as string).add(1)
    meter.createObservableGauge(name as string).addCallback((result) => result.observe(1))
    assert.deepEqual(collect(), [])
  })
}

test('values that are no measurement are ignored', () => {
  const { meter, collect } = metering()
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, '1', undefined, null, 1n, {}, Symbol('1'), Object.create(null)]
  for (const value of odd as number[]) {
    meter.createCounter('c').add(value)
    meter.createUpDownCounter('u').add(value)
    meter.createHistogram('h').record(value)
    meter.createGauge('g').record(value)
    meter.createObservableGauge('o').addCallback((result) => result.observe(value))
  }
  meter.createCounter('c').add(-1)
  meter.createHistogram('h').record(-1)
  meter.createObservableCounter('oc').addCallback((result) => result.observe(-1))
  assert.deepEqual(collect(), [])
})

test('what may go down takes values below 0', () => {
  const { meter, collect } = metering()
  meter.createUpDownCounter('u').add(-1)
  meter.createGauge('g').record(-1)
  meter.createObservableGauge('og').addCallback((result) => result.observe(-1))
  meter.createObservableUpDownCounter('ou').addCallback((result) => result.observe(-1))
  assert.deepEqual(
    collect().map(({ name, points }) => [name, points[0]?.value]),
    [
      ['u', -1],
      ['g', -1],
      ['og', -1],
      ['ou', -1],
    ],
  )
})

test('fractions of ints are cut off', () => {
  const { meter, values } = metering()
  const counter = meter.createUpDownCounter('c', { valueType: 0 })
  counter.add(2.9)
  counter.add(-1.9)
  assert.deepEqual(values('c'), [[{}, 1]])
})

test('attributes that throw when they are read do not throw at the program', () => {
  const { meter } = metering()
  const attributes = {
    get a(): string {
      throw new Error('unreadable')
    },
  }
  meter.createCounter('c').add(1, attributes)
})

for (const temporality of ['cumulative', 'delta'] as const) {
  test(`after 2000 sets of attributes others are counted as overflow, ${temporality}`, () => {
    const { meter, collect } = metering({ temporality })
    const counter = meter.createCounter('c')
    for (let i = 0; i < 2000; i++) counter.add(1, { i })
    assert.equal(collect()[0]?.points.length, 2000)
    for (let i = 0; i < 2003; i++) counter.add(1, { i })
    const points = collect()[0]?.points ?? []
    assert.equal(points.length, 2001)
    assert.deepEqual(points.at(-1)?.attributes, { 'otel.metric.overflow': true })
    assert.equal(points.at(-1)?.value, 3)
    assert.equal(points[1999]?.value, temporality === 'delta' ? 1 : 2)
  })
}

test('sets that the agent has bound are of the same 2000', () => {
  const { meter, collect } = metering()
  const counter = meter.createCounter('c')
  for (let i = 0; i < 2000; i++) counter.bind(['i', i]).record(1, 0, undefined)
  assert.equal(collect()[0]?.points.length, 2000)
  counter.bind(['i', 2000]).record(2, 0, undefined)
  counter.add(4, { i: 2001 })
  const points = collect()[0]?.points ?? []
  assert.equal(points.length, 2001)
  assert.deepEqual([points.at(-1)?.attributes, points.at(-1)?.value], [{ 'otel.metric.overflow': true }, 6])
})

test('of the orders in which a program gives the same attributes a bounded number is remembered', () => {
  const { meter, values } = metering({ views: createViews([view({}, { cardinalityLimit: 1 })]) })
  const counter = meter.createCounter('c')
  const reads: number[] = []
  for (const keys of ['abc', 'bac', 'acb', 'bca']) {
    let read = 0
    const attributes = {}
    for (const key of keys) Object.defineProperty(attributes, key, { enumerable: true, get: () => String(++read && 1) })
    counter.add(1, attributes)
    read = 0
    counter.add(1, attributes)
    reads.push(read)
  }
  // Those whose way is known are read once; the others up to where their way ends, and then all of them.
  assert.deepEqual(reads, [3, 3, 4, 4])
  assert.deepEqual(values('c'), [[{ a: '1', b: '1', c: '1' }, 8]])
})

test('what is measured in the background is no reason for a last collection, until there is another one', () => {
  const { meter, collect, reader } = metering()
  const background = meter.createHistogram('gc', { isBackground: true })
  background.record(1)
  background.bind(['type', 'minor']).record(1, 0, undefined)
  assert.equal(reader.touched, false)
  meter.createCounter('c').add(1)
  assert.equal(reader.touched, true)
  assert.equal(collect().length, 2)
  assert.equal(reader.touched, false)
})
