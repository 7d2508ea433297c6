import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerNames } from '../../src/config/header-names.js'
import {
  boolean,
  duration,
  integer,
  listOf,
  names,
  oneOf,
  ratio,
  type Type,
  timeout,
  url,
} from '../../src/config/parse.js'

/** Each text with what it is read as; undefined stands for a refusal. */
function accepts<T>(type: Type<T>, cases: readonly (readonly [text: string, value: T | undefined])[]): void {
  for (const [text, value] of cases) {
    const parsed = type.parse(text)
    assert.deepEqual(parsed.value, value, `${type.name}: ${text}`)
    assert.equal(parsed.problem === undefined, value !== undefined, `${type.name}: ${text}: ${parsed.problem}`)
  }
}

const NOT_NUMBERS = ['', '5s', '-1', '+1', '1.5', '1e3', '0x10', '1_000', '1 000', 'NaN', 'Infinity', '٣']

test('a boolean is true or false in any case, and nothing else', () => {
  accepts(boolean, [
    ['true', true],
    ['TRUE', true],
    ['True', true],
    ['false', false],
    ['FALSE', false],
    ...['1', '0', 'yes', 'no', 'on', 'off', 'truee', 't'].map((text) => [text, undefined] as const),
  ])
})

test('an integer lies between its least value and 2^31 - 1', () => {
  accepts(integer(0), [
    ['0', 0],
    ['007', 7],
    ['2147483647', 2147483647],
    ['2147483648', undefined],
    ['99999999999999999999', undefined],
    ...NOT_NUMBERS.map((text) => [text, undefined] as const),
  ])
  accepts(integer(1), [
    ['1', 1],
    ['0', undefined],
  ])
})

test('a duration is a number of milliseconds', () => {
  accepts(duration, [
    ['0', 0],
    ['5000', 5000],
    ['2147483647', 2147483647],
    ['2147483648', undefined],
    ...NOT_NUMBERS.map((text) => [text, undefined] as const),
  ])
})

test('a timeout of 0 is no limit', () => {
  accepts(timeout, [
    ['0', Number.POSITIVE_INFINITY],
    ['1', 1],
    ['2147483647', 2147483647],
    ['2147483648', undefined],
    ['-1', undefined],
    ['10s', undefined],
  ])
  assert.equal(timeout.show(Number.POSITIVE_INFINITY), 'no limit')
})

test('a ratio lies between 0 and 1', () => {
  accepts(ratio, [
    ['0', 0],
    ['1', 1],
    ['1.0', 1],
    ['0.25', 0.25],
    ['.5', 0.5],
    ['1.', 1],
    ['1e-3', 0.001],
    ['1E-3', 0.001],
    ['1.0000001', undefined],
    ['2', undefined],
    ['-0.1', undefined],
    ['10%', undefined],
    ['0,5', undefined],
    ['0x1', undefined],
    ['.', undefined],
    ['', undefined],
    ['NaN', undefined],
  ])
})

test('an enum is compared in any case, and a misspelling of it is suggested', () => {
  const type = oneOf(['always_on', 'always_off', 'none'], ['xray'])
  accepts(type, [
    ['always_on', 'always_on'],
    ['Always_ON', 'always_on'],
    ['none', 'none'],
    ['constructor', undefined],
  ])
  for (const [text, problem] of [
    ['xray', 'is not supported'],
    ['XRAY', 'is not supported'],
    ['always_onn', 'is not known (did you mean always_on?)'],
    ['ALWAYS_OFFF', 'is not known (did you mean always_off?)'],
    ['always_of', 'is not known (did you mean always_on or always_off?)'],
    ['nnoe', 'is not known (did you mean none?)'],
    ['on', 'is not known (known are always_on, always_off, none)'],
    ['sometimes', 'is not known (known are always_on, always_off, none)'],
  ] as const) {
    assert.equal(type.parse(text).problem, problem, text)
  }
})

test('a list is used without duplicates, and as far as it is known', () => {
  const type = listOf(['otlp', 'console', 'none'], ['zipkin'])
  for (const [text, value, problem] of [
    ['otlp', ['otlp'], undefined],
    ['console,otlp', ['console', 'otlp'], undefined],
    [' OTLP , otlp,Console,', ['otlp', 'console'], undefined],
    ['none', [], undefined],
    ['none,NONE', [], undefined],
    [',', undefined, undefined],
    ['oltp', undefined, 'is not known (did you mean otlp?)'],
    ['zipkin', undefined, 'is not supported'],
    ['otlp,zipkin', ['otlp'], 'holds "zipkin", which is not supported'],
    [
      'a,otlp,Consol',
      ['otlp'],
      'holds "a", which is not known, and "Consol", which is not known (did you mean console?)',
    ],
    ['none,otlp', ['otlp'], 'names none beside others'],
    ['none,oltp', [], 'holds "oltp", which is not known (did you mean otlp?)'],
    ['none,otlp,x', ['otlp'], 'holds "x", which is not known and names none beside others'],
  ] as const) {
    const parsed = type.parse(text)
    assert.deepEqual(parsed.value, value, text)
    assert.equal(parsed.problem, problem, text)
  }
})

test('of a long list of unknown names only the first are told', () => {
  const { problem } = listOf(['none']).parse(Array.from({ length: 10_000 }, (_, i) => `unknown${i}`).join(','))
  assert.equal(
    problem,
    'holds "unknown0", which is not known, and "unknown1", which is not known, and "unknown2", which is not known, and 9997 more',
  )
})

test('names are put into lower case, and an empty list of them is none', () => {
  accepts(names, [
    ['HTTP, express,,http', ['http', 'express']],
    ['pg', ['pg']],
  ])
  assert.deepEqual(names.parse(' , '), { value: undefined })
})

test('a name of a header is a token without a star, and the others of a list are used', () => {
  for (const [text, value, problem] of [
    ['X-Leaf, x-leaf,,Set-Cookie,', ['x-leaf', 'set-cookie'], undefined],
    ["!#$%&'+-.^_`|~09az", ["!#$%&'+-.^_`|~09az"], undefined],
    [',', undefined, undefined],
    ['*', undefined, 'is a pattern, not the name of a header'],
    ['x-*,', undefined, 'is a pattern, not the name of a header'],
    ['x leaf', undefined, 'is not the name of a header'],
    ['a:b,x-a', ['x-a'], 'holds "a:b", which is not the name of a header'],
    [
      'x-a,X Leaf,*,x-b',
      ['x-a', 'x-b'],
      'holds "X Leaf", which is not the name of a header, and "*", which is a pattern, not the name of a header',
    ],
    ...['x\tleaf', 'é', 'a=b', '"x"', 'x-a;x-b', 'x\u0000', ':path', '(x)', 'a/b', '[a]', '{a}', 'a@b', 'a\\b'].map(
      (name) => [name, undefined, 'is not the name of a header'] as const,
    ),
  ] as const) {
    const parsed = headerNames.parse(text)
    assert.deepEqual(parsed.value, value, text)
    assert.equal(parsed.problem, problem, text)
  }
})

test('a URL is one of http or https', () => {
  for (const [text, href] of [
    ['http://localhost:4318', 'http://localhost:4318/'],
    ['HTTPS://Example.org/otlp?a=b', 'https://example.org/otlp?a=b'],
    ['http://[::1]:4318/', 'http://[::1]:4318/'],
    ['https://c:443', 'https://c/'],
  ] as const) {
    const parsed = url.parse(text)
    assert.equal(parsed.value?.href, href, text)
    assert.equal(parsed.problem, undefined, text)
  }
})

test('http is assumed, and said, where a URL has no scheme', () => {
  for (const [text, href] of [
    ['localhost:4318', 'http://localhost:4318/'],
    ['collector', 'http://collector/'],
    ['10.0.0.1:4318/otlp', 'http://10.0.0.1:4318/otlp'],
    ['[::1]:4318', 'http://[::1]:4318/'],
  ] as const) {
    assert.equal(url.parse(text).value?.href, href, text)
    assert.equal(url.parse(text).problem, 'has no scheme', text)
  }
})

test('what is no URL that can be posted to is refused', () => {
  for (const text of [
    'ftp://c:4318',
    'grpc://c:4317',
    'unix://run/c.sock',
    'http:c',
    "'http://c:4318",
    '"c:4318',
    'http://${HOST}:4318',
    '$HOST:4318',
    'http://{{ collector }}:4318',
    'http://c,d:4318',
    'http://(c):4318',
    'http://*:4318',
    'http//c:4318',
    'c:',
    '/v1/traces',
    '//c:4318',
    ':4318',
    '4318',
    'http://',
    'http://c:99999',
    'c:99999',
    'http://a b',
    'http://c/a b',
    'http://c:43\t18',
    'javascript:alert(1)',
  ]) {
    assert.deepEqual(url.parse(text), { value: undefined, problem: 'is not an http or https URL' }, text)
  }
})

test('nothing secret of a URL is shown', () => {
  const secret = new URL('https://user:pa%3Fss@c:4318/otlp?token=abc')
  assert.equal(url.show(secret), 'https://c:4318/otlp?***')
  for (const [text, masked] of [
    ['https://user:pass@c:4318/otlp?token=abc', 'https://***@c:4318/otlp?***'],
    ['user:pa/s?s@c:4318', '***@c:4318'],
    ['http://user:pa@ss@c', 'http://***@c'],
    ['http://c/otlp', 'http://c/otlp'],
  ] as const) {
    assert.equal(url.mask?.(text), masked)
  }
})
