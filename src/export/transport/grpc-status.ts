import type { IncomingHttpHeaders } from 'node:http2'
import { percentDecoded, statusName, statusOfHttp } from '../../grpc-status.js'
import { decodeRetryDelay } from '../../otlp/response.js'
import { MAX_RETRY_AFTER_MILLIS } from '../retry.js'
import { failure } from './settlement.js'
import { type Answer, oneLine } from './transport.js'

/** PROTO docs/specification.md names these and no others. */
const RETRYABLE: ReadonlySet<string> = new Set([
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNAVAILABLE',
  'DATA_LOSS',
])

/** What the libraries of gRPC say of a message beyond the server's limit. */
const TOO_LARGE = /larger than max|exceeds max|too large/i

/**
 * The answer of a call that has failed, from the fields that tell of it: its trailers, or the headers where those are
 * all. Undefined where the call was a success.
 */
export function failureOf(fields: IncomingHttpHeaders): Answer | undefined {
  const number = fields['grpc-status']
  if (number === '0') return undefined
  if (number === undefined) return withoutStatus(fields)
  const status = statusName(number)
  const message = oneLine(percentDecoded(String(fields['grpc-message'] ?? '')))
  const reason = `status ${status}${message === '' ? '' : `: ${message}`}`
  const delay = decodeRetryDelay(Buffer.from(String(fields['grpc-status-details-bin'] ?? ''), 'base64'))
  // A server that is too busy says when to come again.
  const isRetryable = RETRYABLE.has(status) || (status === 'RESOURCE_EXHAUSTED' && delay !== undefined)
  if (status === 'INVALID_ARGUMENT') return { kind: 'refused', reason, culprit: 'content', status }
  if (status === 'RESOURCE_EXHAUSTED' && !isRetryable && TOO_LARGE.test(message)) {
    return { kind: 'refused', reason, culprit: 'size', status }
  }
  if (status === 'UNIMPLEMENTED') return { kind: 'refused', reason, isNoPlace: true, status }
  if (!isRetryable) return { kind: 'refused', reason, status }
  const waitMillis = delay === undefined ? undefined : Math.min(delay, MAX_RETRY_AFTER_MILLIS)
  return failure(reason, true, { waitMillis, status })
}

/** The answer came from something that does not speak gRPC: a gateway, or a server for other clients. */
function withoutStatus(fields: IncomingHttpHeaders): Answer {
  const number = Number(fields[':status'])
  const status = statusOfHttp(number)
  const reason = `the answer is not gRPC but HTTP of status ${number}`
  return RETRYABLE.has(status) ? failure(reason, true, { status }) : { kind: 'refused', reason, status }
}
