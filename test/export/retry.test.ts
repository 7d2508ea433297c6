import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BACKOFF,
  backoffMillis,
  isRetryableStatus,
  MAX_RETRY_AFTER_MILLIS,
  readRetryAfter,
} from '../../src/export/retry.js'
import { printableUrl } from '../../src/export/transport/printable-url.js'
import { oneLine, reasonOf } from '../../src/export/transport/transport.js'

const NOW = Date.parse('2026-01-02T03:04:05Z')

test('Retry-After is read as seconds or as a date', () => {
  const cases: [value: string | undefined, millis: number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['0', 0],
    ['1', 1000],
    [' 3 ', 3000],
    ['0.5', 500],
    ['-1', undefined],
    ['soon', undefined],
    ['900', 900_000],
    ['901', MAX_RETRY_AFTER_MILLIS],
    ['999999999999', MAX_RETRY_AFTER_MILLIS],
    ['Fri, 02 Jan 2026 03:04:10 GMT', 5000],
    ['Friday, 02-Jan-26 03:04:10 GMT', 5000],
    ['Fri Jan  2 03:04:10 2026', 5000],
    ['Fri, 02 Jan 2026 03:04:05 GMT', 0],
    ['Fri, 02 Jan 2026 03:04:00 GMT', 0],
    ['Sat, 03 Jan 2026 03:04:05 GMT', MAX_RETRY_AFTER_MILLIS],
  ]
  for (const [value, millis] of cases) assert.equal(readRetryAfter(value, NOW), millis, String(value))
})

test('pauses grow by half from one second to five, give or take a fifth', () => {
  const middle = [1000, 1500, 2250, 3375, 5000, 5000]
  for (const [attempt, millis] of middle.entries()) {
    assert.equal(
      backoffMillis(attempt, BACKOFF, () => 0.5),
      millis,
    )
    assert.equal(Math.round(backoffMillis(attempt, BACKOFF, () => 0)), millis * 0.8)
    assert.ok(backoffMillis(attempt, BACKOFF, () => 1) <= millis * 1.2)
  }
  assert.ok(Number.isFinite(backoffMillis(100_000, BACKOFF)))
})

test('four statuses are worth another attempt', () => {
  const retryable = Array.from({ length: 500 }, (_, i) => i + 100).filter(isRetryableStatus)
  assert.deepEqual(retryable, [429, 502, 503, 504])
})

test('errors are told in plain words with their code', () => {
  const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code })
  assert.equal(reasonOf(coded('ECONNREFUSED')), 'connection refused (ECONNREFUSED)')
  assert.equal(reasonOf(coded('ENEW', 'something new')), 'something new (ENEW)')
  assert.equal(reasonOf(new Error('two\nlines')), 'two lines')
  assert.equal(reasonOf('text'), 'text')
})

test('foreign text becomes one bounded line', () => {
  assert.equal(oneLine(' a\r\n\x1b[31mb\u0000 '), 'a [31mb')
  assert.equal(oneLine('x'.repeat(10_000)).length, 303)
})

test('a printed URL has neither credentials nor a query', () => {
  assert.equal(
    printableUrl(new URL('https://user:secret@c.example:4318/v1/traces?key=secret')),
    'https://c.example:4318/v1/traces',
  )
})
