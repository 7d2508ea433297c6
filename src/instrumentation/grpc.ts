/*
 * gRPC on HTTP/2 (grpc/grpc, doc/PROTOCOL-HTTP2.md), and what the semantic conventions tell of its calls (rpc/grpc.md,
 * release candidate).
 */

import type { IncomingHttpHeaders } from 'node:http2'
import type { Span } from '@opentelemetry/api'
import { percentDecoded, statusName, statusOfHttp } from '../grpc-status.js'
import type { BoundInstrument, SyncInstrument } from '../metrics/instruments.js'
import { STATUS_ERROR } from '../trace/span.js'
import { recordDuration, SECONDS } from './duration.js'
import { errorType, recordCallError } from './http.js'
import { type Kit, ownText } from './kit.js'

/** Those that are the server's fault. To the client each is an error but `OK`. */
const SERVER_ERRORS = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'])

/** Of a stream that was reset, by the code of HTTP/2; INTERNAL else. */
const OF_RESET: Readonly<Record<number, string>> = {
  7: 'UNAVAILABLE',
  8: 'CANCELLED',
  11: 'RESOURCE_EXHAUSTED',
  12: 'PERMISSION_DENIED',
}

/** Headers or trailers. */
type Fields = Readonly<Record<string, unknown>>

/** gRPC-Web, which goes by HTTP/1 too, is another protocol. */
export function isGrpc({ 'content-type': type }: IncomingHttpHeaders | Fields): boolean {
  return typeof type === 'string' && /^application\/grpc(?:$|[+;])/.test(type)
}

/** `package.Service/Method` of a path; undefined for what is none. */
export function methodOf(path: string): string | undefined {
  return /^\/([^/?]+\/[^/?]+)$/.exec(path)?.[1]
}

/** How a call has ended. */
export interface Outcome {
  readonly status: string
  /** Undefined where there is none. */
  readonly message: string | undefined
}

/** By the code of gRPC. */
export function outcomeOf(code: number, message: string | undefined): Outcome {
  return { status: statusName(code), message: message === '' ? undefined : message }
}

/** What headers or trailers tell of the end; undefined where they tell nothing. */
export function outcomeIn(fields: Fields | undefined): Outcome | undefined {
  const code = fields?.['grpc-status']
  if (code === undefined) return undefined
  const message = fields?.['grpc-message']
  return outcomeOf(Number(code), typeof message === 'string' ? percentDecoded(message) : undefined)
}

export function outcomeOfHttp(status: number): Outcome {
  return { status: statusOfHttp(status), message: `the answer is no gRPC, its HTTP status is ${status}` }
}

export function outcomeOfReset(code: number): Outcome {
  return { status: OF_RESET[code] ?? 'INTERNAL', message: undefined }
}

const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** Milliseconds that a call may take, by its `grpc-timeout`; `Infinity` without one. */
export function timeoutOf({ 'grpc-timeout': timeout }: Fields): number {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(String(timeout)) ?? []
  return digits === undefined ? Number.POSITIVE_INFINITY : Number(digits) * UNITS[unit]!
}

/** What is told of each call at its start. */
export function describeCall(method: string | undefined): (string | number | undefined)[] {
  return ['rpc.system.name', 'grpc', 'rpc.method', method ?? '_OTHER']
}

/** Puts the end of a call on its span; returns its `error.type`, undefined for what is none. */
export function recordOutcome(span: Span, { status, message }: Outcome, isServer: boolean): string | undefined {
  span.setAttribute('rpc.status_code', status)
  const isError = isServer ? SERVER_ERRORS.has(status) : status !== 'OK'
  if (!isError) return undefined
  span.setAttribute('error.type', status)
  span.setStatus({ code: STATUS_ERROR, ...(message !== undefined && { message: ownText(message) }) })
  return status
}

/** The same for a call that ended without an outcome, by an error or, undefined or null, by none. */
export function recordBreak(span: Span, error: unknown, type: string): string {
  if (error === undefined || error === null) {
    span.setAttribute('error.type', type)
    span.setStatus({ code: STATUS_ERROR })
    return type
  }
  recordCallError(span, error)
  return errorType(error)
}

/** Kinds of calls that are found without building attributes. */
const MAX_SERIES = 1000

/** The durations of calls (rpc/rpc-metrics.md). */
export class CallDurations {
  readonly #histogram: SyncInstrument
  readonly #series = new Map<string, BoundInstrument>()

  constructor(kit: Kit, side: 'client' | 'server') {
    this.#histogram = kit.meter().createHistogram(`rpc.${side}.call.duration`, {
      description:
        side === 'client' ? 'Measures the duration of outbound RPC.' : 'Measures the duration of inbound RPC.',
      unit: 's',
      advice: { explicitBucketBoundaries: [...SECONDS] },
    })
  }

  /** Times on the monotonic clock. */
  record(
    method: string | undefined,
    status: string | undefined,
    errorType: string | undefined,
    host: string | undefined,
    port: number | undefined,
    startMillis: number,
    endMillis: number,
    span: Span,
  ): void {
    const key = `${method} ${status} ${errorType} ${host} ${port}`
    let series = this.#series.get(key)
    if (series === undefined) {
      series = this.#histogram.bind([
        ...describeCall(method),
        'rpc.status_code',
        status,
        'error.type',
        errorType,
        'server.address',
        host,
        'server.port',
        port,
      ])
      if (this.#series.size < MAX_SERIES) this.#series.set(key, series)
    }
    recordDuration(series, startMillis, endMillis, span)
  }
}
