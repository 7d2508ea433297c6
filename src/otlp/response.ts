import { BYTES, FIXED32, FIXED64, VARINT } from './protobuf.js'

/** What a collector says of an export that it accepted. */
export interface ExportResponse {
  /** Records that it did not keep; 0 up to `Number.MAX_SAFE_INTEGER`. */
  readonly rejected: number
  /** Why, or with 0 rejected a warning; may be empty. Foreign text of any length. */
  readonly message: string
}

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
    for (const [tag, detail] of fieldsOf(status)) {
      if (tag !== STATUS_DETAILS) continue
      const fields = new Map(fieldsOf(detail as Uint8Array))
      const typeUrl = utf8((fields.get(ANY_TYPE_URL) as Uint8Array | undefined) ?? new Uint8Array(0))
      if (!typeUrl.endsWith('/google.rpc.RetryInfo')) continue
      const retryInfo = new Map(fieldsOf(fields.get(ANY_VALUE) as Uint8Array))
      const delay = new Map(fieldsOf(retryInfo.get(RETRY_DELAY) as Uint8Array))
      const seconds = BigInt.asIntN(64, (delay.get(SECONDS) as bigint | undefined) ?? 0n)
      const nanos = BigInt.asIntN(64, (delay.get(NANOS) as bigint | undefined) ?? 0n)
      return Math.max(Number(seconds) * 1000 + Number(nanos) / 1e6, 0)
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
  let rejected = 0
  let message = ''
  for (const [tag, value] of fieldsOf(body)) {
    if (tag !== PARTIAL_SUCCESS) continue
    for (const [tag, inner] of fieldsOf(value as Uint8Array)) {
      if (tag === REJECTED) rejected = counted(BigInt.asIntN(64, inner as bigint))
      else if (tag === ERROR_MESSAGE) message = utf8(inner as Uint8Array)
    }
  }
  return { rejected, message }
}

function statusMessageOfProtobuf(body: Uint8Array): string {
  let message = ''
  for (const [tag, value] of fieldsOf(body)) {
    if (tag === STATUS_MESSAGE) message = utf8(value as Uint8Array)
  }
  return message
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

/**
 * Each field's tag and content: bytes, or a varint. Fields of other wire types are passed over.
 *
 * @throws RangeError for what is not protobuf.
 */
function* fieldsOf(message: Uint8Array): Generator<[tag: number, value: Uint8Array | bigint]> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = message[at++]
      if (byte === undefined) break
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new RangeError('not a varint')
  }
  const take = (size: number): Uint8Array => {
    if (size > message.length - at) throw new RangeError('ends within a field')
    at += size
    return message.subarray(at - size, at)
  }
  while (at < message.length) {
    const tag = Number(varint())
    switch (tag % 8) {
      case VARINT:
        yield [tag, varint()]
        break
      case BYTES:
        yield [tag, take(Number(varint()))]
        break
      case FIXED64:
        take(8)
        break
      case FIXED32:
        take(4)
        break
      default:
        throw new RangeError('not a wire type')
    }
  }
}

function memberOf(json: unknown, key: string): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, key)
    ? (json as Record<string, unknown>)[key]
    : undefined
}

function textOf(json: unknown): string {
  return typeof json === 'string' ? json : ''
}

function counted(count: bigint | string | number): number {
  const number = Math.trunc(Number(count))
  return number > 0 ? Math.min(number, Number.MAX_SAFE_INTEGER) : 0
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}
