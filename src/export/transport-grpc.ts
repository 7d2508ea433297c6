import { runOutside } from '../context/manager.js'
import { decodeExportResponse } from '../otlp/response.js'
import { Dial, type DialSettings } from './dial.js'
import { type GrpcCall, GrpcChannel } from './grpc-channel.js'
import { failureOf } from './grpc-status.js'
import { Gzip } from './gzip.js'
import { requestFields } from './http-request.js'
import { ResponseError } from './http-response.js'
import { NameLookup } from './lookup.js'
import { printableUrl } from './printable-url.js'
import { routeTo } from './route.js'
import { failure, Settlement } from './settlement.js'
import {
  type Answer,
  type Interrupted,
  oneLine,
  reasonOf,
  type Transport,
  type TransportSettings,
} from './transport.js'

const CLOSED = 'the exporter is closed'
/** What `grpc-timeout` takes has 8 digits at most. */
const MAX_TIMEOUT = 99_999_999

/** OTLP over gRPC, on a connection of its own. Runs outside the program's contexts, as `HttpTransport` does. */
export class GrpcTransport implements Transport {
  readonly destination: string
  readonly settings: TransportSettings
  readonly #dialSettings: DialSettings
  readonly #gzip: Gzip | undefined
  /** Of each call; undefined until the first. */
  #headers: Readonly<Record<string, string>> | undefined
  /** The connection of the last call, where it can take another. */
  #kept: GrpcChannel | undefined
  #underWay: Attempt | undefined
  #closed = false

  constructor(settings: TransportSettings) {
    this.destination = printableUrl(settings.url, 'grpc')
    this.settings = settings
    this.#dialSettings = { route: routeTo(settings), tunnel: true, protocol: 'h2', names: new NameLookup() }
    this.#gzip = settings.compression === 'gzip' ? new Gzip() : undefined
  }

  post(body: Uint8Array, timeoutMillis: number): Promise<Answer> {
    return runOutside(this.#post, this, body, timeoutMillis)
  }

  release(): void {
    this.#underWay?.release()
  }

  interrupt(): Interrupted | undefined {
    this.#closed = true
    return this.#underWay?.interrupt()
  }

  close(): void {
    this.#closed = true
    this.#underWay?.abort(CLOSED)
    this.#kept?.destroy()
    this.#gzip?.forget()
  }

  async #post(body: Uint8Array, timeoutMillis: number): Promise<Answer> {
    try {
      this.#headers ??= headersOf(this.settings)
      const message = this.#gzip === undefined ? body : await this.#gzip.pack(body)
      if (this.#closed) return failure(CLOSED, false)
      const headers = { ...this.#headers, ...timeoutHeader(timeoutMillis) }
      const request = { headers, message, isCompressed: this.#gzip !== undefined }
      const attempt = new Attempt(this.#dialSettings, this.#kept, request, timeoutMillis)
      this.#underWay = attempt
      this.#kept = undefined
      const answer = await attempt.settlement.promise
      this.#underWay = undefined
      this.#kept = attempt.channel
      return answer
    } catch (error) {
      // Thrown before anything was sent: a header that HTTP does not take.
      return { kind: 'refused', reason: reasonOf(error) }
    }
  }
}

interface GrpcRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly message: Uint8Array
  readonly isCompressed: boolean
}

/** One call and its answer. */
class Attempt {
  readonly settlement: Settlement
  readonly #dialSettings: DialSettings
  readonly #request: GrpcRequest
  #dial: Dial | undefined
  #channel: GrpcChannel | undefined
  #call: GrpcCall | undefined

  constructor(dialSettings: DialSettings, kept: GrpcChannel | undefined, request: GrpcRequest, timeoutMillis: number) {
    this.#dialSettings = dialSettings
    this.#request = request
    this.settlement = new Settlement(timeoutMillis, () => {
      const missing = this.#channel === undefined ? 'no connection' : 'no answer'
      this.abort(`${missing} within ${Math.round(timeoutMillis)} ms`)
    })
    if (kept?.isOpen === true) this.#send(kept, true)
    else this.#connect()
  }

  /** The connection, where it can take another call. */
  get channel(): GrpcChannel | undefined {
    return this.#channel?.isOpen === true ? this.#channel : undefined
  }

  /** Ends the attempt if the server cannot have the request in full yet. */
  release(): void {
    if (this.#call?.isSent !== true)
      this.abort(this.#channel === undefined ? 'no connection in time' : 'the request is not read')
  }

  interrupt(): Interrupted {
    const { answer } = this.settlement
    if (answer !== undefined) return { kind: 'answered', answer }
    const call = this.#call
    if (call?.outcome !== undefined) return { kind: 'answered', answer: judge(call) }
    if (call?.isSent === true) return { kind: 'sent' }
    // The connection is cut before the same request goes out on another: this one is never whole.
    this.#cut()
    return { kind: 'unsent' }
  }

  /** The connection goes as well: it may be dead, which nothing else would tell. */
  abort(reason: string): void {
    this.settlement.settle(failure(reason, this.#channel !== undefined))
    this.#cut()
  }

  #cut(): void {
    this.#dial?.abort()
    this.#channel?.destroy()
  }

  #connect(): void {
    this.#dial = new Dial(this.#dialSettings, (error, socket) => {
      this.#dial = undefined
      if (socket === undefined) this.settlement.settle(failure(reasonOf(error), false))
      else this.#send(new GrpcChannel(socket), false)
    })
  }

  #send(channel: GrpcChannel, isKept: boolean): void {
    const { headers, message, isCompressed } = this.#request
    this.#channel = channel
    try {
      this.#call = channel.call(headers, message, isCompressed, (error) => this.#end(error, isKept))
    } catch (error) {
      this.#end(error, isKept)
    }
  }

  #end(error: unknown, isKept: boolean): void {
    const call = this.#call
    if (error === undefined && call !== undefined) this.settlement.settle(judge(call))
    else if (error instanceof ResponseError) this.settlement.settle({ kind: 'refused', reason: error.message })
    else if (isKept && call?.outcome === undefined && this.settlement.answer === undefined) {
      // The connection was idle and the server had closed it: another one may work at once.
      this.#channel?.destroy()
      this.#channel = undefined
      this.#call = undefined
      this.#connect()
    } else this.settlement.settle(call?.outcome === undefined ? failure(wordsOf(error), true) : judge(call))
  }
}

function judge(call: GrpcCall): Answer {
  const failed = failureOf(call.outcome ?? {})
  if (failed !== undefined) return failed
  const { rejected, message } = decodeExportResponse(call.message, 'application/x-protobuf')
  return { kind: 'accepted', rejected, message: oneLine(message) }
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

/** What ends a connection to a server that speaks something else is a breach of HTTP/2. */
function wordsOf(error: unknown): string {
  const reason = reasonOf(error)
  return reason.endsWith('(ERR_HTTP2_ERROR)')
    ? `the answer is not HTTP/2, perhaps the port is for OTLP over HTTP (${reason})`
    : reason
}
