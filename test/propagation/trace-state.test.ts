import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTraceState, TraceState } from '../../src/propagation/trace-state.js'

const KEY_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/@'
const VALUE_CHARACTERS = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i))
  .filter((character) => character !== ',' && character !== '=')
  .join('')

/** `k00=<value>` and on, so many, each of `chars` characters. */
function members(count: number, chars = 5): string[] {
  return Array.from({ length: count }, (_, i) => `k${String(i).padStart(2, '0')}=`.padEnd(chars, 'v'))
}

const KEPT: [string, string, string][] = [
  ['one member', 'foo=1', 'foo=1'],
  ['members in their order', 'foo=1,bar=2,baz=3', 'foo=1,bar=2,baz=3'],
  ['spaces and tabs around members', '\t foo=1 \t , \t bar=2,\t \tbaz=3\t ', 'foo=1,bar=2,baz=3'],
  ['empty members', ',foo=1,, \t ,bar=2,', 'foo=1,bar=2'],
  ['more than 32 empty members', `${','.repeat(100)}foo=1`, 'foo=1'],
  ['leading spaces of a value, which belong to it', 'foo=  1', 'foo=  1'],
  ['spaces in a value', 'foo=a b', 'foo=a b'],
  ['a key of one digit', '0=1', '0=1'],
  ['every character of a key', `${KEY_CHARACTERS}=1`, `${KEY_CHARACTERS}=1`],
  ['every character of a value', `foo=${VALUE_CHARACTERS}`, `foo=${VALUE_CHARACTERS}`],
  ['a key that ends in @', 'foo@=1,bar=2', 'foo@=1,bar=2'],
  ['a key with @ twice in a row', 'foo@@bar=1,bar=2', 'foo@@bar=1,bar=2'],
  ['a key with several @', 'a@b@c=1', 'a@b@c=1'],
  ['a tenant of 242 characters', `${'t'.repeat(242)}@v=1`, `${'t'.repeat(242)}@v=1`],
  ['a vendor of 15 characters', `t@${'v'.repeat(15)}=1`, `t@${'v'.repeat(15)}=1`],
  ['a key of 256 characters', `foo=1,${'z'.repeat(256)}=1`, `foo=1,${'z'.repeat(256)}=1`],
  ['a value of 256 characters', `foo=${'v'.repeat(256)}`, `foo=${'v'.repeat(256)}`],
  ['a value of 256 characters and blanks behind', `foo=${'v'.repeat(256)}  \t`, `foo=${'v'.repeat(256)}`],
  ['32 members', members(32).join(), members(32).join()],
  ['512 characters', members(32, 15).join().padEnd(512, 'v'), members(32, 15).join().padEnd(512, 'v')],
  ['the first of equal keys', 'foo=1,bar=2,foo=3', 'foo=1,bar=2'],
  ['the first of equal members', 'foo=1,foo=1', 'foo=1'],
  ['keys that start alike', 'foo=1,fo=2,foobar=3', 'foo=1,fo=2,foobar=3'],
]

for (const [what, header, list] of KEPT) {
  test(`tracestate is kept: ${what}`, () => {
    assert.equal(parseTraceState(header)?.serialize(), list)
  })
}

const DISCARDED: [string, string][] = [
  ['empty', ''],
  ['blanks', ' \t '],
  ['commas', ',,,'],
  ['33 members', members(33).join()],
  ['33 members, two of them equal', `${members(32).join()},k00=1`],
  ['a key without a value', 'foo'],
  ['a key without a value behind a legal member', 'bar=2,foo'],
  ['an empty value', 'foo='],
  ['a value of blanks', 'foo=  ,bar=2'],
  ['a second =', 'foo=bar=baz'],
  ['no key', '=1'],
  ['an upper-case key', 'FOO=1'],
  ['a dot in a key', 'foo.bar=1'],
  ['a key that ends in a space', 'foo =1'],
  ['a key that starts with @', '@foo=1,bar=2'],
  ['a key that starts with _', '_foo=1'],
  ['a key that starts with -', '-foo=1'],
  ['a key that starts with *', '*foo=1'],
  ['a key that starts with /', '/foo=1'],
  ['a key of 257 characters', `foo=1,${'z'.repeat(257)}=1`],
  ['a value of 257 characters', `foo=${'v'.repeat(257)}`],
  ['a value of 257 characters, of which the first are spaces', `foo=${'v'.padStart(257)}`],
  ['a tab in a value', 'foo=a\tb'],
  ['a line break', 'foo=1\nbar=2'],
  ['a character below the value range', 'foo=\u001f'],
  ['a character above the value range', 'foo=\u007f'],
  ['a character outside ASCII', 'foo=\u00e9'],
  ['a character outside Latin 1 that has the low byte of a legal one', 'foo=\u0161'],
  ['an illegal last member', 'foo=1,bar=2,Baz=3'],
  ['64 KB', 'foo=1,'.repeat(11_000)],
  ['32,769 characters', 'foo=1'.padEnd(32_769)],
]

for (const [what, header] of DISCARDED) {
  test(`tracestate is discarded as a whole: ${what}`, () => {
    assert.equal(parseTraceState(header), undefined)
  })
}

test('a header of 32,768 characters is read', () => {
  assert.equal(parseTraceState('foo=1'.padEnd(32_768))?.serialize(), 'foo=1')
})

test('a list of 8192 characters is kept whole, one of 8193 loses its right-most member of more than 128', () => {
  const long = members(31, 260)
  const fits = [...long, 's='.padEnd(101, 'v')]
  const exceeds = [...long, 's='.padEnd(102, 'v')]
  assert.equal(fits.join().length, 8192)
  assert.deepEqual(parseTraceState(fits.join())?.serialize().split(','), fits)
  assert.deepEqual(parseTraceState(exceeds.join())?.serialize().split(','), exceeds.toSpliced(30, 1))
})

test('of a list that is too long members of more than 128 go first, from the right', () => {
  const long = Array.from({ length: 16 }, (_, i) => `${'k'.repeat(200)}${i}=`.padEnd(450, 'v'))
  const short = members(16, 128)
  const kept = parseTraceState([...long, ...short].join())?.serialize() ?? ''
  assert.deepEqual(kept.split(','), [...long.slice(0, 13), ...short])
})

test('a cut list is never longer than 8192 characters', () => {
  const list = Array.from({ length: 32 }, (_, i) => `${'k'.repeat(250)}${i}=${'v'.repeat(256)}`).join()
  const kept = parseTraceState(list)?.serialize() ?? ''
  assert.ok(kept.length <= 8192)
  assert.ok(list.startsWith(`${kept},`))
})

test('get finds the value of a whole key only', () => {
  const state = parseTraceState('foo=1,b= 2')
  const values = ['foo', 'b', 'fo', 'f', 'foo=', '', 'foo=1,b', '1'].map((key) => state?.get(key))
  assert.deepEqual(values, ['1', ' 2', undefined, undefined, undefined, undefined, undefined, undefined])
})

for (const key of ['__proto__', 'constructor', 'toString']) {
  test(`${key} is no member of an empty state`, () => {
    assert.equal(new TraceState().get(key), undefined)
  })
}

test('set puts a new member left-most', () => {
  assert.equal(parseTraceState('foo=1,bar=2')?.set('baz', '3').serialize(), 'baz=3,foo=1,bar=2')
})

test('set moves a changed member left-most', () => {
  assert.equal(parseTraceState('foo=1,bar=2')?.set('bar', '3').serialize(), 'bar=3,foo=1')
})

test('a state can be built from an empty one', () => {
  const state = new TraceState().set('bar', '2').set('foo', '1')
  assert.equal(state.serialize(), 'foo=1,bar=2')
  assert.equal(state.get('bar'), '2')
})

test('set and unset leave the state itself unchanged', () => {
  const state = parseTraceState('foo=1')
  state?.set('bar', '2')
  state?.unset('foo')
  assert.equal(state?.serialize(), 'foo=1')
})

test('set of a 33rd member drops the right-most', () => {
  const state = parseTraceState(members(32).join())?.set('new', '1')
  assert.deepEqual(state?.serialize().split(','), ['new=1', ...members(31)])
})

test('set of one of 32 members drops none', () => {
  const state = parseTraceState(members(32).join())?.set('k31', '1')
  assert.deepEqual(state?.serialize().split(','), ['k31=1', ...members(31)])
})

test('set keeps the list within 8192 characters', () => {
  const state = parseTraceState(members(32, 255).join())?.set('new', 'v'.repeat(256))
  assert.deepEqual(state?.serialize().split(','), [`new=${'v'.repeat(256)}`, ...members(30, 255)])
})

for (const [key, value] of [
  ['', '1'],
  ['FOO', '1'],
  ['@foo', '1'],
  ['foo ', '1'],
  [' foo', '1'],
  ['foo=', '1'],
  ['a=1,b', '2'],
  ['z'.repeat(257), '1'],
  ['foo', ''],
  ['foo', ' '],
  ['foo', '1 '],
  ['foo', 'a,b'],
  ['foo', 'a=b'],
  ['foo', 'a\nb'],
  ['foo', 'a\t'],
  ['foo', 'v'.repeat(257)],
  ['foo', 'v'.repeat(1_000_000)],
  ['foo', 1 as unknown as string],
  [Symbol('foo') as unknown as string, '1'],
] as const) {
  test(`set ignores what is illegal: ${String(key).slice(0, 20)}, ${JSON.stringify(value).slice(0, 20)}`, () => {
    const state = new TraceState('bar=2')
    assert.equal(state.set(key, value), state)
  })
}

test('set takes keys and values of 256 characters', () => {
  const state = new TraceState().set('k'.repeat(256), 'v'.repeat(256))
  assert.equal(state.get('k'.repeat(256)), 'v'.repeat(256))
})

test('unset takes one member away, and an unknown key none', () => {
  const state = new TraceState('foo=1,bar=2')
  assert.equal(state.unset('foo').serialize(), 'bar=2')
  assert.equal(state.unset('foo').unset('bar').serialize(), '')
  assert.equal(state.unset('fo'), state)
})
