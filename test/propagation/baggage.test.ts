import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Baggage,
  type BaggageEntry,
  baggageEntryMetadataFromString,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
} from '@opentelemetry/api'
import { ROOT_CONTEXT, SUPPRESS_KEY } from '../../src/context/context.js'
import { AgentBaggage, baggage, formatBaggage, parseBaggage } from '../../src/propagation/baggage.js'

/** A header's entries as plain values: key, value, and the properties where there are some. */
function entriesOf(header: unknown): string[][] {
  const context = baggage.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter)
  const entries = propagation.getBaggage(context)?.getAllEntries() ?? []
  return entries.map(([key, { value, metadata }]) =>
    metadata === undefined ? [key, value] : [key, value, metadata.toString()],
  )
}

function injected(entries: Baggage, context: Context = ROOT_CONTEXT): Record<string, string> {
  const carrier = {}
  baggage.inject(propagation.setBaggage(context, entries), carrier, defaultTextMapSetter)
  return carrier
}

function numbered(count: number, member: (name: string) => string): string {
  return Array.from({ length: count }, (_, i) => member(`k${i}`)).join(',')
}

const READ: [string, unknown, string[][]][] = [
  ['one member', 'userId=alice', [['userId', 'alice']]],
  [
    'several members',
    'userId=alice,serverNode=DF%2028,isProduction=false',
    [
      ['userId', 'alice'],
      ['serverNode', 'DF 28'],
      ['isProduction', 'false'],
    ],
  ],
  [
    'blanks around everything',
    ' \tk1 \t = \t v1 \t ; \t p1 \t ; p2 \t = \t x \t , k2 = v2 ',
    [
      ['k1', 'v1', 'p1;p2=x'],
      ['k2', 'v2'],
    ],
  ],
  ['properties', 'k=v;p1;p2=x=y;p3=', [['k', 'v', 'p1;p2=x=y;p3=']]],
  ['properties as they are, not decoded', 'k=v;p=%20', [['k', 'v', 'p=%20']]],
  ['empty properties as none', 'k=v; ; ;', [['k', 'v']]],
  ['an empty value', 'k=', [['k', '']]],
  ['= in a value', 'k=a=b==', [['k', 'a=b==']]],
  ['every character of a token', "!#$%&'*+-.^_`|~09azAZ=v", [["!#$%&'*+-.^_`|~09azAZ", 'v']]],
  ['an escape in a key as it is', 'a%20b=v', [['a%20b', 'v']]],
  ['UTF-8', 'k=%E2%82%AC%f0%9f%98%80', [['k', '€😀']]],
  ['an escaped comma, semicolon and percent sign', 'k=%2C%3B%25', [['k', ',;%']]],
  ['a plus as a plus', 'k=a+b', [['k', 'a+b']]],
  ['bytes that are no UTF-8 as U+FFFD', 'k=a%FFb%C3', [['k', 'a\ufffdb\ufffd']]],
  ['half a surrogate pair as U+FFFD', 'k=%ED%A0%80', [['k', '\ufffd\ufffd\ufffd']]],
  ['valid UTF-8 beside a bad byte', 'k=%E2%82%AC%FF', [['k', '€\ufffd']]],
  [
    'a percent sign that starts no escape',
    'k=100%,l=%zz%41',
    [
      ['k', '100%'],
      ['l', '%zzA'],
    ],
  ],
  ['characters that should have been encoded', 'k=a b"c\\é', [['k', 'a b"c\\é']]],
  [
    'the last of equal keys',
    'k=1,l=2,k=3',
    [
      ['k', '3'],
      ['l', '2'],
    ],
  ],
  [
    'keys that differ in case as two',
    'k=1,K=2',
    [
      ['k', '1'],
      ['K', '2'],
    ],
  ],
  ['legal members beside illegal ones', 'a b=1,=2,novalue,,é=3,"q"=4,ok=5;p,;x=1', [['ok', '5', 'p']]],
  [
    'a header array as one list',
    ['a=1', 'b=2;p', '', 'c=3'],
    [
      ['a', '1'],
      ['b', '2', 'p'],
      ['c', '3'],
    ],
  ],
  [
    'an array with something else in it',
    ['a=1', 42, null, 'b=2'],
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['nothing of an empty header', '', []],
  ['nothing of commas', ',,,', []],
  ['nothing of an empty array', [], []],
  ['nothing of a number', 42, []],
  ['nothing of an object', { toString: () => 'a=1' }, []],
  ['nothing of null', null, []],
]

for (const [what, header, entries] of READ) {
  test(`baggage is read: ${what}`, () => {
    assert.deepEqual(entriesOf(header), entries)
  })
}

for (const header of [undefined, '', 'novalue', 'a b=1']) {
  test(`a context stays the same for a baggage header of ${JSON.stringify(header)}`, () => {
    assert.equal(baggage.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter), ROOT_CONTEXT)
  })
}

test('extracted baggage takes the place of what the context had', () => {
  const before = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ old: { value: '1' } }))
  const context = baggage.extract(before, { baggage: 'new=2' }, defaultTextMapGetter)
  assert.deepEqual(propagation.getBaggage(context)?.getAllEntries(), [['new', { value: '2' }]])
})

test('__proto__ and constructor are keys as any other', () => {
  assert.deepEqual(entriesOf('__proto__=1,constructor=2;__proto__=x'), [
    ['__proto__', '1'],
    ['constructor', '2', '__proto__=x'],
  ])
  assert.equal(parseBaggage('a=1')?.getEntry('__proto__'), undefined)
  assert.equal(({} as { 1?: unknown })[1], undefined)
})

test('64 members are read, and not a 65th', () => {
  assert.equal(entriesOf(numbered(64, (name) => `${name}=v`)).length, 64)
  assert.deepEqual(entriesOf(numbered(65, (name) => `${name}=v`)).at(-1), ['k63', 'v'])
})

test('illegal members do not count among the 64', () => {
  assert.equal(entriesOf(`${'novalue,'.repeat(100)}${numbered(64, (name) => `${name}=v`)}`).length, 64)
})

test('a member of 8192 bytes is read, and none of 8193', () => {
  assert.deepEqual(entriesOf('a='.padEnd(8192, 'v')), [['a', 'v'.repeat(8190)]])
  assert.deepEqual(entriesOf('a='.padEnd(8193, 'v')), [])
})

test('members of 8192 bytes with their commas are read, and a longer last one is dropped whole', () => {
  const first = 'a='.padEnd(4000, 'v')
  assert.deepEqual(entriesOf(`${first}, ${'b='.padEnd(4191, 'v')}`).length, 2)
  assert.deepEqual(entriesOf(`${first}, ${'b='.padEnd(4192, 'v')}`).length, 1)
})

test('a member that is too long does not take the others with it', () => {
  assert.deepEqual(entriesOf(`a=1,${'b='.padEnd(9000, 'v')},c=3`), [
    ['a', '1'],
    ['c', '3'],
  ])
})

const FLOODS: [string, unknown][] = [
  ['1 MB in 10,000 members', numbered(10_000, (name) => `${name}=`.padEnd(100, 'v'))],
  ['1 MB in one member', 'a='.padEnd(1_000_000, 'v')],
  ['a million commas', ','.repeat(1_000_000)],
  ['a million blanks', ' '.repeat(1_000_000)],
  ['a million semicolons', `a=1${';'.repeat(1_000_000)}`],
  ['a million bad escapes', `a=${'%FF'.repeat(1_000_000)}`],
  ['100,000 lines', Array(100_000).fill('a=1')],
  ['binary', '\u0000\u00ff\ud800,='.repeat(1000)],
]

for (const [what, header] of FLOODS) {
  test(`of a flood no more is kept than the bounds allow: ${what}`, () => {
    const entries = entriesOf(header)
    assert.ok(entries.length <= 64)
    assert.ok(entries.join().length <= 8192)
  })
}

test('no more of a flood is read than its first 16,384 characters', () => {
  const blanks = ','.repeat(16_380)
  assert.deepEqual(entriesOf(`${blanks}a=1,b=2`), [['a', '1']])
  assert.deepEqual(entriesOf(`${blanks}ab=12,b=2`), [])
})

test('a getter array is joined no further than its bound', () => {
  let read = 0
  const lines = new Proxy(Array(100_000).fill('novalue'), {
    get(target, key, receiver) {
      if (typeof key === 'string' && key !== 'length') read++
      return Reflect.get(target, key, receiver)
    },
  })
  entriesOf(lines)
  assert.ok(read < 10_000, `${read} reads`)
})

const WRITTEN: [string, Record<string, BaggageEntry>, string][] = [
  ['entries in their order', { b: { value: '1' }, a: { value: '2' } }, 'b=1,a=2'],
  ['an empty value', { a: { value: '' } }, 'a='],
  ['what must be encoded', { a: { value: ' ,;"\\%' } }, 'a=%20%2C%3B%22%5C%25'],
  ['control characters', { a: { value: '\r\n\t\u0000\u007f' } }, 'a=%0D%0A%09%00%7F'],
  ['UTF-8', { a: { value: '€😀' } }, 'a=%E2%82%AC%F0%9F%98%80'],
  ['half a surrogate pair as U+FFFD', { a: { value: 'x\ud800y' } }, 'a=x%EF%BF%BDy'],
  ['properties', { a: { value: '1', metadata: baggageEntryMetadataFromString('p1;p2=x') } }, 'a=1;p1;p2=x'],
  [
    'properties without what would end the member or the header',
    { a: { value: '1', metadata: baggageEntryMetadataFromString('p=%20,q\r\nx: "é"') } },
    'a=1;p=%20%2Cq%0D%0Ax: %22%C3%A9%22',
  ],
  ['no empty properties', { a: { value: '1', metadata: baggageEntryMetadataFromString(' ;') } }, 'a=1'],
  ['a number, as programs in JavaScript set it', { a: { value: 42 as unknown as string } }, 'a=42'],
  [
    'only entries that have a token for a key and a value',
    {
      'a b': { value: '1' },
      '': { value: '2' },
      é: { value: '3' },
      'x\r\n': { value: '4' },
      u: { value: undefined as unknown as string },
      o: { value: {} as unknown as string },
      n: null as unknown as BaggageEntry,
      ok: { value: '5' },
    },
    'ok=5',
  ],
]

for (const [what, entries, header] of WRITTEN) {
  test(`baggage of the API is written: ${what}`, () => {
    assert.deepEqual(injected(propagation.createBaggage(entries)), { baggage: header })
  })
}

test('every character that may stand in a value is written as it is', () => {
  const octets = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i)).filter(
    (character) => !'",;\\%'.includes(character),
  )
  const header = `a=${octets.join('')}`
  assert.equal(octets.length, 89)
  assert.deepEqual(injected(propagation.createBaggage({ a: { value: octets.join('') } })), { baggage: header })
  assert.deepEqual(entriesOf(header), [['a', octets.join('')]])
})

test('what is read is sent on the same', () => {
  const header = 'userId=alice;p1;p2=%20x,serverNode=DF%2028,empty=,__proto__=1'
  const context = baggage.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter)
  const carrier = {}
  baggage.inject(context, carrier, defaultTextMapSetter)
  assert.deepEqual(carrier, { baggage: header })
})

test('64 entries are written, and not a 65th', () => {
  const entries = (count: number) =>
    propagation.createBaggage(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, { value: 'v' }])))
  const whole = numbered(64, (name) => `${name}=v`)
  assert.equal(formatBaggage(entries(64)), whole)
  assert.equal(formatBaggage(entries(65)), whole)
})

test('8192 bytes are written, and none of the entry that would make it 8193', () => {
  const entries = (chars: number) =>
    propagation.createBaggage({ a: { value: 'v'.repeat(4000) }, b: { value: 'v'.repeat(chars) }, c: { value: '' } })
  const longest = `a=${'v'.repeat(4000)},b=${'v'.repeat(4187)}`
  assert.equal(longest.length, 8192)
  assert.equal(formatBaggage(entries(4187)), longest)
  assert.equal(formatBaggage(entries(4188)), `a=${'v'.repeat(4000)},c=`)
})

test('the bound is on encoded bytes', () => {
  const entries = (chars: number) => propagation.createBaggage({ a: { value: '€'.repeat(chars) } })
  assert.equal(formatBaggage(entries(910)).length, 8192)
  assert.equal(formatBaggage(entries(911)), '')
})

test('nothing is injected without entries, nor where tracing is suppressed', () => {
  const carrier = {}
  baggage.inject(ROOT_CONTEXT, carrier, defaultTextMapSetter)
  assert.deepEqual(carrier, {})
  assert.deepEqual(injected(propagation.createBaggage()), {})
  assert.deepEqual(injected(new AgentBaggage()), {})
  assert.deepEqual(
    injected(propagation.createBaggage({ a: { value: '1' } }), ROOT_CONTEXT.setValue(SUPPRESS_KEY, true)),
    {},
  )
})

test('extracted baggage behaves as the API says, and never changes', () => {
  const read = parseBaggage('a=1;p,b=2') ?? assert.fail()
  const a = { value: '1', metadata: read.getEntry('a')?.metadata }
  assert.deepEqual(read.getEntry('a'), a)
  assert.equal(read.getEntry('c'), undefined)
  assert.deepEqual(read.setEntry('a', { value: '3' }).getAllEntries(), [
    ['a', { value: '3' }],
    ['b', { value: '2' }],
  ])
  assert.deepEqual(read.removeEntry('a').getAllEntries(), [['b', { value: '2' }]])
  assert.deepEqual(read.removeEntries('a', 'b', 'c').getAllEntries(), [])
  assert.deepEqual(read.clear().getAllEntries(), [])
  const entry = read.getEntry('b')
  if (entry !== undefined) entry.value = 'changed'
  assert.deepEqual(read.getAllEntries(), [
    ['a', a],
    ['b', { value: '2' }],
  ])
})

test("its metadata has the form of the API's", () => {
  const own = parseBaggage('a=1;p=x')?.getEntry('a')?.metadata
  const api = baggageEntryMetadataFromString('p=x')
  assert.equal(String(own), String(api))
  assert.deepEqual(Object.keys(own ?? {}), Object.keys(api))
  assert.equal(String(own?.__TYPE__), String(api.__TYPE__))
})

test('its field is the header, in a list of the caller', () => {
  baggage.fields().pop()
  assert.deepEqual(baggage.fields(), ['baggage'])
})
