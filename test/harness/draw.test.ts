import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawTraces, trace } from './draw.js'
import { sampleSpan } from './otlp-sample.js'

const SERVER = 2
const CLIENT = 3
const ERROR = { code: 2, message: '' }

test('a trace is drawn as a tree with aligned columns, siblings by start and then by name', () => {
  const spans = [
    sampleSpan({ spanId: 'd', parentSpanId: 'b', name: 'work', start: 4 }),
    sampleSpan({ spanId: 'c', parentSpanId: 'a', name: 'GET', kind: CLIENT, start: 3 }),
    sampleSpan({ spanId: 'e', parentSpanId: 'a', name: 'DELETE', kind: CLIENT, start: 3 }),
    sampleSpan({ spanId: 'b', parentSpanId: 'a', name: 'SELECT shop.users', kind: CLIENT, start: 2 }),
    sampleSpan({ spanId: 'a', name: 'GET /users', kind: SERVER, attributes: { 'http.response.status_code': 200 } }),
  ]
  assert.equal(
    drawTraces(spans),
    [
      '',
      'GET /users          SERVER    200',
      '  SELECT shop.users CLIENT',
      '    work            INTERNAL',
      '  DELETE            CLIENT',
      '  GET               CLIENT',
      '',
    ].join('\n'),
  )
})

for (const { what, span, drawn } of [
  {
    what: 'an error with its type',
    span: { status: ERROR, attributes: { 'error.type': '42P01' } },
    drawn: 'error 42P01',
  },
  { what: 'an error without a type', span: { status: ERROR }, drawn: 'error' },
  {
    what: 'a failed response',
    span: { status: ERROR, attributes: { 'http.response.status_code': 500, 'error.type': '500' } },
    drawn: '500 error 500',
  },
  {
    what: 'a type without an error',
    span: { attributes: { 'http.response.status_code': 404, 'error.type': '404' } },
    drawn: '404 (no error, but error.type 404)',
  },
  { what: 'the status ok', span: { status: { code: 1, message: '' } }, drawn: 'ok' },
  { what: 'a remote parent', span: { parentSpanId: 'f', flags: 0x301 }, drawn: '(remote parent)' },
  { what: 'a local parent that is missing', span: { parentSpanId: 'f', flags: 0x101 }, drawn: '(orphan)' },
]) {
  test(`${what} is drawn`, () => {
    assert.equal(drawTraces([sampleSpan(span)]), `\na INTERNAL  ${drawn}\n`)
  })
}

test('attributes are drawn when asked for and there', () => {
  const span = sampleSpan({ attributes: { text: 'a  b', list: [1, 'x'], big: 2n ** 60n, hidden: 1 } })
  assert.equal(
    drawTraces([span], ['big', 'text', 'missing', 'list']),
    '\na INTERNAL  big=1152921504606846976 text=a b list=[1,"x"]\n',
  )
})

test('traces are drawn by start with an empty line between them', () => {
  const spans = [
    sampleSpan({ traceId: 'b', name: 'second', start: 2 }),
    sampleSpan({ traceId: 'a', name: 'first', start: 1 }),
  ]
  assert.equal(drawTraces(spans), '\nfirst  INTERNAL\n\nsecond INTERNAL\n')
})

test('no spans are drawn as words', () => {
  assert.equal(drawTraces([]), trace`(no spans)`)
})

test('spans that are their own ancestors are refused', () => {
  const spans = [sampleSpan({ spanId: 'a', parentSpanId: 'b' }), sampleSpan({ spanId: 'b', parentSpanId: 'a' })]
  assert.throws(() => drawTraces(spans), /ancestors/)
})

test('a drawing in the source of a test needs neither its margin nor exact columns', () => {
  const spans = [
    sampleSpan({ spanId: 'a', name: 'GET /users', kind: SERVER, attributes: { 'http.response.status_code': 200 } }),
    sampleSpan({ spanId: 'b', parentSpanId: 'a', name: 'INSERT shop.users', kind: CLIENT, start: 2 }),
    sampleSpan({ traceId: 'b', name: 'cron job', start: 3 }),
  ]
  assert.equal(
    drawTraces(spans),
    trace`
        GET /users SERVER   ${200}
          INSERT shop.users         CLIENT

        cron job INTERNAL
      `,
  )
})

test('a wrong depth, name, kind or status in the source of a test is seen', () => {
  const drawn = drawTraces([
    sampleSpan({ spanId: 'a', kind: SERVER, status: ERROR }),
    sampleSpan({ spanId: 'b', parentSpanId: 'a', start: 2 }),
  ])
  assert.equal(
    drawn,
    trace`
    a SERVER error
      a INTERNAL
  `,
  )
  assert.notEqual(
    drawn,
    trace`
    a SERVER error
    a INTERNAL
  `,
  )
  assert.notEqual(
    drawn,
    trace`
    a SERVER error
      b INTERNAL
  `,
  )
  assert.notEqual(
    drawn,
    trace`
    a SERVER error
      a CLIENT
  `,
  )
  assert.notEqual(
    drawn,
    trace`
    a SERVER
      a INTERNAL
  `,
  )
})
