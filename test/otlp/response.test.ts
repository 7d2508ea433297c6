import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExportResponse, decodeRetryDelay, decodeStatusMessage } from '../../src/otlp/response.js'
import { encodeMessage, encodeStatus, encodeTracesResponse } from '../harness/otlp-decode.js'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'
const FULL_SUCCESS = { rejected: 0, message: '' }

for (const contentType of [PROTOBUF, JSON_TYPE, 'Application/JSON; charset=utf-8', `${PROTOBUF};v=1`]) {
  const encoded = contentType.startsWith(PROTOBUF) ? PROTOBUF : JSON_TYPE

  test(`${contentType}: full success`, () => {
    assert.deepEqual(decodeExportResponse(encodeTracesResponse(undefined, encoded), contentType), FULL_SUCCESS)
    assert.deepEqual(decodeExportResponse(new Uint8Array(0), contentType), FULL_SUCCESS)
  })

  for (const [rejectedSpans, errorMessage] of [
    [0, 'only a warning'],
    [1, ''],
    [300, 'too old, größer, 😀'],
    [Number.MAX_SAFE_INTEGER, 'x'.repeat(100_000)],
  ] as const) {
    test(`${contentType}: ${rejectedSpans} rejected, a message of ${errorMessage.length} characters`, () => {
      const body = encodeTracesResponse({ rejectedSpans, errorMessage }, encoded)
      assert.deepEqual(decodeExportResponse(body, contentType), { rejected: rejectedSpans, message: errorMessage })
    })
  }

  test(`${contentType}: the message of a refusal`, () => {
    assert.equal(decodeStatusMessage(encodeStatus(3, 'böse', encoded), contentType), 'böse')
    assert.equal(decodeStatusMessage(encodeStatus(3, '', encoded), contentType), '')
    assert.equal(decodeStatusMessage(new Uint8Array(0), contentType), '')
  })
}

test('a status with details gives its message', () => {
  const details = [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value: Buffer.from([10, 2, 8, 5]) }]
  assert.equal(decodeStatusMessage(encodeMessage('RpcStatus', { code: 8, message: 'm', details }), PROTOBUF), 'm')
})

test('fields that are not known are passed over', () => {
  const unknown = Buffer.from('98060a' + '99060102030405060708' + '9d0601020304' + '9a0603414243', 'hex')
  const body = Buffer.concat([
    unknown,
    encodeTracesResponse({ rejectedSpans: 2, errorMessage: 'm' }, PROTOBUF),
    unknown,
  ])
  assert.deepEqual(decodeExportResponse(body, PROTOBUF), { rejected: 2, message: 'm' })
  const json = '{"other":[1],"partialSuccess":{"rejectedSpans":2,"errorMessage":"m","other":null}}'
  assert.deepEqual(decodeExportResponse(Buffer.from(json), JSON_TYPE), { rejected: 2, message: 'm' })
})

const STRANGE_JSON: [string, { rejected: number; message: string }][] = [
  ['{"partialSuccess":{"rejectedSpans":7}}', { rejected: 7, message: '' }],
  ['{"partialSuccess":{"rejectedSpans":"-7"}}', FULL_SUCCESS],
  ['{"partialSuccess":{"rejectedSpans":"seven"}}', FULL_SUCCESS],
  ['{"partialSuccess":{"rejectedSpans":"99999999999999999999"}}', { rejected: Number.MAX_SAFE_INTEGER, message: '' }],
  ['{"partialSuccess":{"rejectedSpans":[1],"errorMessage":{"a":1}}}', FULL_SUCCESS],
  ['{"partialSuccess":null}', FULL_SUCCESS],
  ['{"partialSuccess":"no"}', FULL_SUCCESS],
  ['{"__proto__":{"partialSuccess":{"rejectedSpans":1}}}', FULL_SUCCESS],
  ['[]', FULL_SUCCESS],
  ['null', FULL_SUCCESS],
  ['"text"', FULL_SUCCESS],
  ['7', FULL_SUCCESS],
]

for (const [json, expected] of STRANGE_JSON) {
  test(`JSON ${json} is read as far as it makes sense`, () => {
    assert.deepEqual(decodeExportResponse(Buffer.from(json), JSON_TYPE), expected)
    assert.equal(decodeStatusMessage(Buffer.from(json), JSON_TYPE), '')
  })
}

const GARBAGE: [string, Uint8Array][] = [
  ['HTML', Buffer.from('<html><body>502 Bad Gateway</body></html>')],
  ['half of JSON', Buffer.from('{"partialSuccess":{"rejectedSp')],
  ['invalid UTF-8', Buffer.from([0xff, 0xfe, 0x80])],
  ['a varint without an end', Buffer.alloc(20, 0xff)],
  ['a length beyond the end', Buffer.from([0x0a, 0x7f, 0x08])],
  ['a text that is cut', Buffer.from([0x12, 0x05, 0x61])],
  ['a length beyond all memory', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])],
  ['a group', Buffer.from([0x0b, 0x0c])],
  ['a wire type that does not exist', Buffer.from([0x0f, 0x01])],
  ['a number where a message belongs', Buffer.from([0x08, 0x01])],
  ['a partial success that is none', Buffer.from([0x0a, 0x02, 0xff, 0xff])],
  ['a negative count', encodeMessage('ExportTraceServiceResponse', { partialSuccess: { rejectedSpans: -5 } })],
]

for (const [name, body] of GARBAGE) {
  for (const contentType of [PROTOBUF, JSON_TYPE, 'text/html', '', undefined]) {
    test(`${name} as ${contentType} is a full success without words`, () => {
      assert.deepEqual(decodeExportResponse(body, contentType), FULL_SUCCESS)
      assert.equal(decodeStatusMessage(body, contentType), '')
    })
  }
}

test('a body cut anywhere, or with any byte changed, does not throw', () => {
  const body = encodeTracesResponse({ rejectedSpans: 300, errorMessage: 'a message' }, PROTOBUF)
  for (let i = 0; i < body.length; i++) {
    for (let byte = 0; byte < 256; byte++) {
      const changed = Uint8Array.from(body)
      changed[i] = byte
      for (const broken of [changed, changed.subarray(0, i)]) {
        const { rejected } = decodeExportResponse(broken, PROTOBUF)
        assert.ok(Number.isSafeInteger(rejected) && rejected >= 0)
        decodeStatusMessage(broken, PROTOBUF)
      }
    }
  }
})

const MINUS_ONE = [...Array(9).fill(0xff), 1]

for (const [what, retryInfo, millis] of [
  ['seconds', [10, 2, 8, 5], 5000],
  ['seconds and nanoseconds', [10, 7, 8, 1, 16, 0x80, 0xe1, 0xeb, 0x17], 1050],
  ['no time at all', [10, 0], 0],
  ['less than no time', [10, 11, 8, ...MINUS_ONE], 0],
  ['nothing', [], undefined],
  ['what is no protobuf', [10, 9, 8], undefined],
] as const) {
  test(`a status whose RetryInfo says ${what} asks for a delay of ${millis} ms`, () => {
    const details = [
      { typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value: Buffer.from([10, 2, 8, 9]) },
      { typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value: Buffer.from(retryInfo) },
    ]
    assert.equal(decodeRetryDelay(encodeMessage('RpcStatus', { code: 8, message: 'm', details })), millis)
  })
}
