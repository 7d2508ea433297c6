import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpResponse, MAX_RESPONSE_BYTES, ResponseError } from '../../src/export/transport/http-response.js'

const OK = 'HTTP/1.1 200 OK\r\n'

interface Read {
  readonly status: number
  readonly body: string
  readonly isWhole: boolean
  readonly keepsConnection: boolean
}

/** What is read of the bytes that come in `pieces`, each of Latin-1, and then the end if it `ends`. */
function read(pieces: readonly string[], ends = false): Read {
  const response = new HttpResponse()
  for (const piece of pieces) response.feed(Buffer.from(piece, 'latin1'))
  if (ends) response.end()
  const { status, body, isWhole, keepsConnection } = response
  return { status, body: body.toString('latin1'), isWhole, keepsConnection }
}

const WHOLE: readonly (readonly [what: string, text: string, status: number, body: string, keeps: boolean])[] = [
  ['a length', `${OK}Content-Length: 3\r\n\r\ntea`, 200, 'tea', true],
  ['no body by its length', `${OK}content-length:0\r\n\r\n`, 200, '', true],
  ['two equal lengths', `${OK}Content-Length: 3\r\nContent-Length: 3\r\n\r\ntea`, 200, 'tea', true],
  ['no body by its status', 'HTTP/1.1 204 No Content\r\n\r\n', 204, '', true],
  ['no reason', 'HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n', 503, '', true],
  ['an empty reason', 'HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n', 503, '', true],
  ['the wish to close', `${OK}Connection: x, Close\r\nContent-Length: 0\r\n\r\n`, 200, '', false],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', 200, '', false],
  ['HTTP/1.0 that is kept', 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n', 200, '', true],
  ['more than its length', `${OK}Content-Length: 3\r\n\r\nteapot`, 200, 'tea', false],
  [
    'chunks',
    `${OK}Transfer-Encoding: Chunked\r\n\r\n2\r\nte\r\nA;x="y"\r\n0123456789\r\n0\r\n\r\n`,
    200,
    'te0123456789',
    true,
  ],
  [
    'chunks and trailers',
    `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nt\r\n00\r\nA: b\r\nC: d\r\n\r\n`,
    200,
    't',
    true,
  ],
  [
    'answers before it',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}Content-Length: 1\r\n\r\nt`,
    200,
    't',
    true,
  ],
]

for (const [what, text, status, body, keepsConnection] of WHOLE) {
  test(`an answer with ${what}, in one piece and byte by byte`, () => {
    const expected = { status, body, isWhole: true, keepsConnection }
    assert.deepEqual(read([text]), expected)
    assert.deepEqual(read([...text]), expected)
  })
}

test('a body of unknown length ends with its connection', () => {
  const expected = { status: 200, body: 'tea', isWhole: false, keepsConnection: false }
  assert.deepEqual(read([`${OK}\r\nt`, 'ea']), expected)
  assert.deepEqual(read([`${OK}\r\nt`, 'ea'], true), { ...expected, isWhole: true })
})

for (const [what, text] of [
  ['of a head', `${OK}Content-Le`],
  ['of a length', `${OK}Content-Length: 3\r\n\r\nte`],
  ['of chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nte\r\n0\r\n`],
] as const) {
  test(`a part ${what} is not whole when its connection ends`, () => {
    assert.equal(read([text], true).isWhole, false)
  })
}

for (const [what, text, message] of [
  ['a gRPC port', '\x00\x00\x18\x04\x00\x00', /gRPC/],
  ['TLS', '\x15\x03\x01\x00\x02', /https/],
  ['another protocol', 'SSH-2.0-OpenSSH\r\n', /not HTTP/],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n', /not HTTP/],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', /first line/],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', /first line/],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', /first line/],
  ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', /101/],
  ['a header without a colon', `${OK}Content\r\n\r\n`, /a header/],
  ['a header without a name', `${OK}: x\r\n\r\n`, /a header/],
  ['a blank before the colon', `${OK}Content-Length : 3\r\n\r\n`, /a header/],
  ['a folded header', `${OK}A: b\r\n c\r\n\r\n`, /a header/],
  ['a line feed within a header', `${OK}A: b\nC: d\r\n\r\n`, /a header/],
  ['two lengths', `${OK}Content-Length: 3\r\nContent-Length: 4\r\n\r\n`, /two lengths/],
  ['a negative length', `${OK}Content-Length: -3\r\n\r\n`, /length/],
  ['a length in hexadecimal', `${OK}Content-Length: 0x3\r\n\r\n`, /length/],
  ['a length and chunks', `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`, /both/],
  ['a coding that nobody asked for', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`, /transfer-encoding/],
  ['a chunk without a size', `${OK}Transfer-Encoding: chunked\r\n\r\n\r\n`, /chunk/],
  ['a chunk of a negative size', `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\n`, /chunk/],
  ['a chunk longer than its size', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\ntea\r\n`, /chunk/],
] as const) {
  test(`${what} is no answer`, () => {
    assert.throws(() => read([text]), { message, isTooLong: false })
    assert.throws(() => read([...text]), { message })
  })
}

test('what is longer than an answer may be is not read', () => {
  const most = `${OK}Content-Length: ${MAX_RESPONSE_BYTES}\r\n\r\n`
  assert.equal(read([most, 'x'.repeat(MAX_RESPONSE_BYTES)]).isWhole, true)
  const tooLong = (error: unknown) => error instanceof ResponseError && error.isTooLong
  assert.throws(() => read([`${OK}Content-Length: ${MAX_RESPONSE_BYTES + 1}\r\n\r\n`]), tooLong)
  assert.throws(() => read([`${OK}\r\n`, 'x'.repeat(MAX_RESPONSE_BYTES), 'x']), tooLong)
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  const chunks = Array.from({ length: MAX_RESPONSE_BYTES / 65_536 }, () => chunk)
  assert.equal(read([`${OK}Transfer-Encoding: chunked\r\n\r\n`, ...chunks, '0\r\n\r\n']).isWhole, true)
  assert.throws(() => read([`${OK}Transfer-Encoding: chunked\r\n\r\n`, ...chunks, chunk]), tooLong)
})

test('heads and lines without an end are not read', () => {
  assert.throws(
    () => read([OK, ...Array.from({ length: 20 }, (_, i) => `x${i}: ${'y'.repeat(1000)}\r\n`)]),
    /head is longer/,
  )
  const chunked = `${OK}Transfer-Encoding: chunked\r\n\r\n`
  assert.throws(() => read([chunked, `1;${'x'.repeat(5000)}`]), /a line of its body/)
})

test('the answer to CONNECT ends with its head, and what follows is kept', () => {
  const response = new HttpResponse('CONNECT')
  response.feed(Buffer.from(`${OK}Content-Length: 7\r\n\r\nhello`))
  assert.equal(response.isWhole, true)
  assert.equal(response.surplus.toString(), 'hello')
})
