import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnsOf, duration, fitted, visible } from '../../src/export/console/text.js'

for (const [millis, text] of [
  [0, '0 µs'],
  [-1, '0 µs'],
  [Number.NaN, '0 µs'],
  [0.0004, '0 µs'],
  [0.001, '1 µs'],
  [0.9994, '999 µs'],
  [0.9995, '1.00 ms'],
  [9.994, '9.99 ms'],
  [9.996, '10.0 ms'],
  [99.94, '99.9 ms'],
  [99.96, '100 ms'],
  [999.4, '999 ms'],
  [999.5, '1.00 s'],
  [59_940, '59.9 s'],
  [59_950, '1 m 0 s'],
  [61_400, '1 m 1 s'],
  [3_599_400, '59 m 59 s'],
  [3_599_500, '1 h 0 m'],
  [7_380_000, '2 h 3 m'],
] as const) {
  test(`${millis} ms are written as ${text}`, () => assert.equal(duration(millis), text))
}

for (const [what, text, shown] of [
  ['plain text', 'GET /users/:id', 'GET /users/:id'],
  ['letters of any script', 'grüße 日本 🚀', 'grüße 日本 🚀'],
  ['an escape sequence', '\u001b[31mred\u001b[0m', '\\u{1b}[31mred\\u{1b}[0m'],
  ['an 8-bit escape sequence', '\u009b2J', '\\u{9b}2J'],
  ['line ends and tabs', 'a\r\nb\tc', 'a\\r\\nb\\tc'],
  ['line and paragraph separators', 'a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
  ['a reversal of direction', 'a\u202eb', 'a\\u{202e}b'],
  ['half a surrogate pair', 'a\ud83d', 'a\\u{d83d}'],
  ['NUL and DEL', '\u0000\u007f', '\\u{0}\\u{7f}'],
] as const) {
  test(`${what} is shown safely`, () => assert.equal(visible(text), shown))
}

test('a text of any length is cut before it is looked at', () => {
  assert.equal(visible('x'.repeat(500)), 'x'.repeat(500))
  assert.equal(visible('x'.repeat(501)), `${'x'.repeat(500)}…`)
})

test('columns are counted as terminals do', () => {
  assert.equal(columnsOf('GET /a'), 6)
  assert.equal(columnsOf('grüße'), 5)
  assert.equal(columnsOf('e\u0301'), 1)
  assert.equal(columnsOf('日本 🚀'), 7)
})

for (const [text, columns, shown] of [
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
  ['日本', 4, '日本'],
  ['日本', 3, '日…'],
  ['日本', 2, '…'],
] as const) {
  test(`"${text}" in ${columns} columns is "${shown}"`, () => assert.equal(fitted(text, columns), shown))
}
