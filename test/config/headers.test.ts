import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributes, headers } from '../../src/config/pairs.js'
import { configOf, reading } from './reading.js'

const GENERAL = 'OTEL_EXPORTER_OTLP_HEADERS'
const OWN = 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'

test('headers are taken raw and percent-encoded', () => {
  for (const [text, entries] of [
    [
      'Authorization=Basic abc==,x=a%20b',
      [
        ['authorization', 'Basic abc=='],
        ['x', 'a b'],
      ],
    ],
    ['authorization=Basic%20abc%3D%3D', [['authorization', 'Basic abc==']]],
    [
      ' a = 1 , b=2,',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a=1,A=2', [['a', '2']]],
    ['a=100%', [['a', '100%']]],
    ['a=%zz', [['a', '%zz']]],
    ['a=%e9', [['a', '%e9']]],
    ['a=%C3%A9', [['a', 'é']]],
    ['a=1;b', [['a', '1;b']]],
    ['a=x+y', [['a', 'x+y']]],
    ['a=', [['a', '']]],
    ['a=%2C%3D', [['a', ',=']]],
    ["!#$%&'*+-.^_`|~=v", [["!#$%&'*+-.^_`|~", 'v']]],
    ['a=\ttab\tbed', [['a', 'tab\tbed']]],
  ] as const) {
    const parsed = headers.parse(text)
    assert.deepEqual([...parsed.value!], entries, text)
    assert.equal(parsed.problem, undefined, text)
  }
})

test('an entry that is no legal header is left out, and the others are used', () => {
  for (const [entry, fault] of [
    ['secret', 'has no "="'],
    ['=secret', 'has an illegal name'],
    ['a b=secret', 'has an illegal name'],
    ['"a=secret"', 'has an illegal name'],
    ['é=secret', 'has an illegal name'],
    ['a\r\nb=secret', 'has an illegal name'],
    ['a=secret\r\nb: c', 'has an illegal character in its value'],
    ['a=secret%0d%0ab', 'has an illegal character in its value'],
    ['a=secret%0A', 'has an illegal character in its value'],
    ['a=secret%00', 'has an illegal character in its value'],
    ['a=secret%7F', 'has an illegal character in its value'],
    ['a=secret\u20ac', 'has an illegal character in its value'],
    ['a=secret%E2%82%AC', 'has an illegal character in its value'],
  ] as const) {
    const { config, lines } = reading({ [GENERAL]: `first=1,${entry},last=2` })
    assert.deepEqual(
      [...config.traces.otlp.headers],
      [
        ['first', '1'],
        ['last', '2'],
      ],
      entry,
    )
    assert.deepEqual(lines, [
      `${GENERAL} is not name=value,name=value: entry 2 ${fault} (not shown, it may be secret); using 2 headers of it`,
    ])
  }
})

test('headers without a legal entry are none', () => {
  const { config, lines } = reading({ [OWN]: 'Bearer secret' })
  assert.equal(config.traces.otlp.headers.size, 0)
  assert.deepEqual(lines, [
    `${OWN} is not name=value,name=value: entry 1 has no "=" (not shown, it may be secret); using no header of it`,
  ])
})

test('many bad entries give one line', () => {
  const { lines } = reading({ [GENERAL]: 'a,b=1,c,d,e,f' })
  assert.deepEqual(lines, [
    `${GENERAL} is not name=value,name=value: entry 1 has no "=", entry 3 has no "=", entry 4 has no "=", and 2 more (not shown, it may be secret); using 1 header of it`,
  ])
})

test('headers for traces are added to the general ones, and win', () => {
  const { headers } = configOf({ [GENERAL]: 'a=1,b=2', [OWN]: 'B=3,c=4' }).traces.otlp
  assert.deepEqual(
    [...headers],
    [
      ['a', '1'],
      ['b', '3'],
      ['c', '4'],
    ],
  )
})

test('names of object members are headers and attributes like others', () => {
  const { headers } = configOf({ [GENERAL]: '__proto__=1,constructor=2' }).traces.otlp
  assert.deepEqual(
    [...headers],
    [
      ['__proto__', '1'],
      ['constructor', '2'],
    ],
  )
  const { resourceAttributes } = configOf({ OTEL_RESOURCE_ATTRIBUTES: '__proto__=x,constructor=y,__proto__.a=z' })
  assert.deepEqual(
    [...resourceAttributes],
    [
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['__proto__.a', 'z'],
    ],
  )
  assert.equal(Object.hasOwn(Object.prototype, 'a'), false)
})

test('resource attributes are strings, percent-decoded', () => {
  for (const [text, entries] of [
    [
      'a=1,b=true',
      [
        ['a', '1'],
        ['b', 'true'],
      ],
    ],
    [' a = x y ,', [['a', 'x y']]],
    [
      'a=%2C%3D%20,b%2Ec=1',
      [
        ['a', ',= '],
        ['b.c', '1'],
      ],
    ],
    ['a=b=c', [['a', 'b=c']]],
    ['a=', [['a', '']]],
    ['a=1,a=2', [['a', '2']]],
    ['a=é', [['a', 'é']]],
    ['a=%C3%A9', [['a', 'é']]],
    [',', []],
  ] as const) {
    const parsed = attributes.parse(text)
    assert.deepEqual([...parsed.value!], entries, text)
    assert.equal(parsed.problem, undefined, text)
  }
})

test('one unreadable resource attribute makes all of them worth nothing', () => {
  for (const [text, fault] of [
    ['a=1,b', 'entry 2 has no "="'],
    ['a', 'entry 1 has no "="'],
    ['a=1,=2', 'entry 2 has no key'],
    ['a=1,b=100%', 'entry 2 is wrongly percent-encoded'],
    ['a=%e9', 'entry 1 is wrongly percent-encoded'],
    ['%zz=1', 'entry 1 is wrongly percent-encoded'],
  ] as const) {
    const { config, lines } = reading({ OTEL_RESOURCE_ATTRIBUTES: text, OTEL_SERVICE_NAME: 'shop' })
    assert.deepEqual([...config.resourceAttributes], [['service.name', 'shop']], text)
    assert.deepEqual(lines, [`OTEL_RESOURCE_ATTRIBUTES="${text}" is not key=value,key=value: ${fault}; it is ignored`])
  }
})

test('OTEL_SERVICE_NAME wins over the resource attributes', () => {
  const attributes = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,service.version=1' }
  assert.equal(configOf(attributes).resourceAttributes.get('service.name'), 'a')
  const named = configOf({ ...attributes, OTEL_SERVICE_NAME: ' b ' }).resourceAttributes
  assert.deepEqual(
    [...named],
    [
      ['service.name', 'b'],
      ['service.version', '1'],
    ],
  )
  const empty = configOf({ ...attributes, OTEL_SERVICE_NAME: ' ' }).resourceAttributes
  assert.equal(empty.get('service.name'), 'a')
})
