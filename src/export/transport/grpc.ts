import { decodeExportResponse } from '../../otlp/response.js'
import type { Exchange, Send } from './attempt.js'
import { ConnectedTransport } from './connected.js'
import { type GrpcCall, GrpcChannel } from './grpc-channel.js'
import { failureOf } from './grpc-status.js'
import { requestFields } from './http-request.js'
import { type Answer, oneLine, type TransportSettings } from './transport.js'

/** What `grpc-timeout` takes has 8 digits at most. */
const MAX_TIMEOUT = 99_999_999

/** OTLP over gRPC. */
export class GrpcTransport extends ConnectedTransport<GrpcChannel> {
  /** Of each call; undefined until the first. */
  #headers: Readonly<Record<string, string>> | undefined

  constructor(settings: TransportSettings) {
    super(settings, (socket) => new GrpcChannel(socket))
  }

  protected override request(message: Uint8Array, timeoutMillis: number): Send<GrpcChannel> {
    this.#headers ??= headersOf(this.settings)
    const headers = { ...this.#headers, ...timeoutHeader(timeoutMillis) }
    const isCompressed = this.settings.compression === 'gzip'
    return (channel, end) => new GrpcExchange(channel.call(headers, message, isCompressed, end))
  }
}

class GrpcExchange implements Exchange {
  readonly #call: GrpcCall

  constructor(call: GrpcCall) {
    this.#call = call
  }

  get isSent(): boolean {
    return this.#call.isSent
  }

  get isUntouched(): boolean {
    return this.#call.outcome === undefined
  }

  get answer(): Answer | undefined {
    return this.#call.outcome === undefined ? undefined : judge(this.#call)
  }
}

function judge(call: GrpcCall): Answer {
  const failed = failureOf(call.outcome ?? {})
  if (failed !== undefined) return failed
  const { rejected, message } = decodeExportResponse(call.message, 'application/x-protobuf')
  return { kind: 'accepted', rejected, message: oneLine(message), status: 'OK' }
}

function headersOf(settings: TransportSettings): Readonly<Record<string, string>> {
  const { protocol, host, pathname } = new URL(settings.url)
  const fields = requestFields(settings)
  fields.delete('host')
  return {
    ':method': 'POST',
    ':scheme': protocol === 'https:' ? 'https' : 'http',
    ':authority': protocol === 'http+unix:' ? 'localhost' : host,
    ':path': pathname,
    ...Object.fromEntries(fields),
    te: 'trailers',
    'content-type': 'application/grpc',
    'grpc-accept-encoding': 'identity',
    ...(settings.compression === 'gzip' ? { 'grpc-encoding': 'gzip' } : {}),
  }
}

function timeoutHeader(millis: number): Readonly<Record<string, string>> {
  if (millis === Number.POSITIVE_INFINITY) return {}
  return { 'grpc-timeout': `${Math.min(Math.max(Math.ceil(millis), 1), MAX_TIMEOUT)}m` }
}
