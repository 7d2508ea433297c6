import { type Field, fieldsOf } from './fields.js'
import { BYTES, VARINT } from './protobuf.js'

/** What a collector says of an export that it accepted. */
export interface ExportResponse {
  /** Records that it did not keep; 0 up to `Number.MAX_SAFE_INTEGER`. */
  readonly rejected: number
  /** Why, or with 0 rejected a warning; may be empty. Foreign text of any length. */
  readonly message: string
}

const NOTHING = new Uint8Array(0)
const FULL_SUCCESS: ExportResponse = { rejected: 0, message: '' }

/**
 * `partial_success` of an `Export<signal>ServiceResponse`, and in it `rejected_<records>` and `error_message`: they have
 * the same numbers for all signals.
 */
const PARTIAL_SUCCESS = 8 * 1 + BYTES
const REJECTED = 8 * 1 + VARINT
const ERROR_MESSAGE = 8 * 2 + BYTES
/** The same in JSON, where each signal has its own name. */
const REJECTED_KEYS = ['rejectedSpans', 'rejectedDataPoints', 'rejectedLogRecords']
/** `google.rpc.Status.message`. */
const STATUS_MESSAGE = 8 * 2 + BYTES
/** `google.rpc.Status.details`, each a `google.protobuf.Any`. */
const STATUS_DETAILS = 8 * 3 + BYTES
const ANY_TYPE_URL = 8 * 1 + BYTES
const ANY_VALUE = 8 * 2 + BYTES
/** `google.rpc.RetryInfo.retry_delay`, a `google.protobuf.Duration`. */
const RETRY_DELAY = 8 * 1 + BYTES
const SECONDS = 8 * 1 + VARINT
const NANOS = 8 * 2 + VARINT

/**
 * Reads the `Export<signal>ServiceResponse` of any signal, in protobuf or JSON as its `content-type` says. Never throws: what
 * cannot be read is a full success, which the status has told already.
 */
export function decodeExportResponse(body: Uint8Array, contentType: string | undefined): ExportResponse {
  return decoded(body, contentType, exportResponseOfProtobuf, exportResponseOfJson) ?? FULL_SUCCESS
}

/**
 * The message of a `google.rpc.Status`, the body of a refusal, in protobuf or JSON as its `content-type`
 * says; foreign text of any length. Never throws: empty where none can be read.
 */
export function decodeStatusMessage(body: Uint8Array, contentType: string | undefined): string {
  return decoded(body, contentType, statusMessageOfProtobuf, statusMessageOfJson) ?? ''
}

/**
 * How long a `google.rpc.Status` asks to be left alone by the `RetryInfo` among its details, in milliseconds, 0 or more.
 * Never throws: undefined where it does not say.
 */
export function decodeRetryDelay(status: Uint8Array): number | undefined {
  try {
    for (const { tag, content, end } of fieldsOf(status)) {
      if (tag !== STATUS_DETAILS) continue
      const detail = status.subarray(content, end)
      if (!utf8(contentOf(detail, ANY_TYPE_URL) ?? NOTHING).endsWith('/google.rpc.RetryInfo')) continue
      const delay = contentOf(contentOf(detail, ANY_VALUE) ?? NOTHING, RETRY_DELAY)
      return delay && positiveOf(delay, SECONDS) * 1000 + positiveOf(delay, NANOS) / 1e6
    }
  } catch {
    // Foreign bytes, of which nothing depends.
  }
  return undefined
}

function decoded<T>(
  body: Uint8Array,
  contentType: string | undefined,
  ofProtobuf: (body: Uint8Array) => T,
  ofJson: (json: unknown) => T,
): T | undefined {
  const [mediaType = ''] = (contentType ?? '').toLowerCase().split(';')
  try {
    switch (mediaType.trim()) {
      case 'application/x-protobuf':
      case 'application/protobuf':
        return ofProtobuf(body)
      case 'application/json':
        return ofJson(JSON.parse(utf8(body)))
      default:
        return undefined
    }
  } catch {
    return undefined
  }
}

function exportResponseOfProtobuf(body: Uint8Array): ExportResponse {
  const partialSuccess = contentOf(body, PARTIAL_SUCCESS) ?? NOTHING
  return {
    rejected: counted(positiveOf(partialSuccess, REJECTED)),
    message: utf8(contentOf(partialSuccess, ERROR_MESSAGE) ?? NOTHING),
  }
}

function statusMessageOfProtobuf(body: Uint8Array): string {
  return utf8(contentOf(body, STATUS_MESSAGE) ?? NOTHING)
}

function exportResponseOfJson(json: unknown): ExportResponse {
  const partialSuccess = memberOf(json, 'partialSuccess')
  const rejected = REJECTED_KEYS.map((key) => memberOf(partialSuccess, key)).find((count) => count !== undefined)
  return {
    rejected: typeof rejected === 'string' || typeof rejected === 'number' ? counted(rejected) : 0,
    message: textOf(memberOf(partialSuccess, 'errorMessage')),
  }
}

function statusMessageOfJson(json: unknown): string {
  return textOf(memberOf(json, 'message'))
}

/** The content of the last field with a tag, which is the one that counts; undefined where there is none. */
function contentOf(message: Uint8Array, tag: number): Uint8Array | undefined {
  const field = lastOf(message, tag)
  return field && message.subarray(field.content, field.end)
}

function lastOf(message: Uint8Array, tag: number): Field | undefined {
  return [...fieldsOf(message)].findLast((field) => field.tag === tag)
}

/** An `int64` or `int32` that is 0 or more; 0 for one that is less. */
function positiveOf(message: Uint8Array, tag: number): number {
  const { value } = lastOf(message, tag) ?? { value: 0 }
  return value < 2 ** 63 ? value : 0
}

function memberOf(json: unknown, key: string): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, key)
    ? (json as Record<string, unknown>)[key]
    : undefined
}

function textOf(json: unknown): string {
  return typeof json === 'string' ? json : ''
}

function counted(count: string | number): number {
  const number = Math.trunc(Number(count))
  return number > 0 ? Math.min(number, Number.MAX_SAFE_INTEGER) : 0
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}
