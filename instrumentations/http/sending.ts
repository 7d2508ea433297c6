import type { ClientRequest, IncomingMessage, OutgoingHttpHeader } from 'node:http'
import type { Context, Span, TextMapSetter } from '@opentelemetry/api'
import {
  errorType,
  isAbort,
  isSigned,
  methodAttribute,
  methodName,
  originalMethod,
  recordCallError,
  recordClientStatus,
} from '../../src/instrumentation/http.js'
import { ClientMetrics } from '../../src/instrumentation/http-metrics.js'
import type { HttpRules } from '../../src/instrumentation/http-rules.js'
import { type Describe, type Kit, ownText } from '../../src/instrumentation/kit.js'
import { type Message, MessageLife, setLife } from '../../src/instrumentation/message.js'
import { authorityEnd, redactUrl, splitHost } from '../../src/instrumentation/url.js'

/** The headers as `_storeHeader` gets them: the message's own table, an object, or names and values in a list. */
export type StoredHeaders =
  | Record<string, OutgoingHttpHeader>
  | OutgoingHttpHeader[]
  | [string, OutgoingHttpHeader][]
  | null

/** Starts the span of a request whose head is about to be written; returns the headers to write instead. */
export type Begin = (request: ClientRequest & Message, headers: StoredHeaders) => StoredHeaders

/** Loaded with the first request. */
export function createSending(kit: Kit): Begin {
  let metrics: ClientMetrics | undefined
  const { http } = kit
  const { skipsSigned = true } = http ?? {}
  const describe: Describe<Target> =
    http === undefined || http.client.request.length === 0
      ? describeRequest
      : (target) =>
          http.captureInto(describeRequest(target), 'request', http.client.request, (name) =>
            target.request.getHeader(name),
          )
  return begin

  function begin(request: ClientRequest & Message, headers: StoredHeaders): StoredHeaders {
    const parent = kit.active()
    const target = { request, address: addressOf(request) }
    const span =
      http?.ignoresHost(target.address.host) === true
        ? kit.skip(parent)
        : kit.startClient(methodName(request.method), parent, describe, target)
    if (kit.hasMeter) metrics ??= new ClientMetrics(kit)
    const isFollowed = metrics !== undefined || span.isRecording()
    setLife(request, isFollowed ? new RecordedRequest(parent, span, target, metrics, http) : new SentRequest(parent))
    if (http?.propagatesTo(target.address.host) === false) return headers
    return injectInto(request, headers, kit.withSpan(parent, span))
  }

  function injectInto(request: ClientRequest, headers: StoredHeaders, context: Context): StoredHeaders {
    if (Array.isArray(headers)) return injectIntoList(headers, context)
    if (skipsSigned && isSigned(request.getHeader('authorization'))) return headers
    // What the caller has put there himself, as proxies that copy all headers do, is replaced: the
    // span of this call is the parent that the other side has to see.
    for (const field of kit.propagationFields()) {
      if (field !== 'baggage' && request.hasHeader(field)) request.removeHeader(field)
    }
    if (headers !== null && headers !== undefined) {
      kit.inject(context, request, requestSetter)
      return headers
    }
    const added: Record<string, OutgoingHttpHeader> = {}
    kit.inject(context, added, objectSetter)
    return added
  }

  function injectIntoList(
    headers: OutgoingHttpHeader[] | [string, OutgoingHttpHeader][],
    context: Context,
  ): StoredHeaders {
    const pairs: [string, OutgoingHttpHeader][] = Array.isArray(headers[0])
      ? [...(headers as [string, OutgoingHttpHeader][])]
      : pairsOf(headers as OutgoingHttpHeader[])
    const skips = skipsSigned && pairs.some(([name, value]) => lower(name) === 'authorization' && isSigned(value))
    if (skips) return headers
    const added: Record<string, OutgoingHttpHeader> = {}
    kit.inject(context, added, objectSetter)
    const replaced = new Set(kit.propagationFields().filter((field) => field !== 'baggage' || field in added))
    const kept = pairs.filter(([name]) => !replaced.has(lower(name)))
    return [...kept, ...Object.entries(added)] as [string, OutgoingHttpHeader][]
  }
}

/** A sent request: its answer's listeners run in the context in which it was sent. */
class SentRequest extends MessageLife {
  override heeds(event: string): boolean {
    return event === 'response'
  }

  override before(event: string, _message: Message, argument: unknown): void {
    if (event === 'response') setLife(argument as Message, this)
  }
}

const HEEDED: ReadonlySet<string> = new Set(['response', 'upgrade', 'connect', 'error', 'end', 'close'])

/**
 * The life of a sent request that is recorded: to the response's end, an error, or the connection's loss. The same
 * object hears of the request's events and, once there is one, of the response's.
 */
class RecordedRequest extends SentRequest {
  readonly #span: Span
  readonly #request: ClientRequest
  readonly #address: Address
  readonly #metrics: ClientMetrics | undefined
  readonly #http: HttpRules | undefined
  readonly #beganAt: number
  #response: IncomingMessage | undefined
  #errorType: string | undefined = undefined
  #hasEnded = false

  constructor(
    context: Context,
    span: Span,
    { request, address }: Target,
    metrics: ClientMetrics | undefined,
    http: HttpRules | undefined,
  ) {
    super(context)
    this.#span = span
    this.#request = request
    this.#address = address
    this.#metrics = metrics
    this.#http = http
    this.#beganAt = metrics === undefined ? 0 : performance.now()
  }

  override heeds(event: string): boolean {
    return HEEDED.has(event)
  }

  override before(event: string, message: Message, argument: unknown): void {
    super.before(event, message, argument)
    switch (event) {
      case 'response':
        this.#response = argument as IncomingMessage
        this.#recordResponse(argument as IncomingMessage)
        break
      case 'upgrade':
      case 'connect':
        this.#response = argument as IncomingMessage
        this.#recordResponse(argument as IncomingMessage)
        this.#end()
        break
      case 'error':
        this.#fail(argument)
        break
      case 'end':
        this.#end()
        break
      case 'close':
        this.#close()
    }
  }

  #recordResponse(response: IncomingMessage): void {
    const status = response.statusCode ?? 0
    recordClientStatus(this.#span, status)
    this.#span.setAttribute('network.protocol.version', response.httpVersion)
    if (this.#http !== undefined && this.#span.isRecording()) this.#captureHeaders(this.#http, response)
    if (status >= 400) this.#errorType = String(status)
  }

  #captureHeaders(http: HttpRules, { headers }: IncomingMessage): void {
    const captured = http.captureInto([], 'response', http.client.response, (name) => headers[name])
    for (let i = 0; i + 1 < captured.length; i += 2) {
      this.#span.setAttribute(String(captured[i]), captured[i + 1] as string[])
    }
  }

  #fail(error: unknown): void {
    if (!isAbort(error) && !this.#wasCancelled(error)) this.#recordError(error)
    this.#end()
  }

  /** Without an end and without an error: cut off while the body came, by the other side or by the caller. */
  #close(): void {
    const response = this.#response
    if (response !== undefined && !response.complete && !this.#wasCancelled(undefined)) {
      this.#recordError(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
    }
    this.#end()
  }

  #recordError(error: unknown): void {
    if (this.#hasEnded) return
    recordCallError(this.#span, error)
    this.#errorType = errorType(error)
  }

  /**
   * `destroy()` and `abort()` by the caller show as a reset like any other; but then the socket has
   * neither failed nor heard the other side's end.
   */
  #wasCancelled(error: unknown): boolean {
    if (error !== undefined && (error as { code?: unknown }).code !== 'ECONNRESET') return false
    const { socket } = this.#request
    if (socket === null || socket === undefined) return this.#request.destroyed
    return this.#request.destroyed && socket.errored === null && !socket.readableEnded
  }

  #end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    if (this.#metrics !== undefined) this.#measure(this.#metrics)
    if (!this.#span.isRecording()) return
    this.#recordPeer()
    this.#span.end()
  }

  #measure(metrics: ClientMetrics): void {
    const { method, socket } = this.#request
    const status = this.#response?.statusCode ?? 0
    const version = this.#response?.httpVersion
    const { host, port = socket?.remotePort } = this.#address
    const endMillis = performance.now()
    metrics.ended(host, port, method, status, this.#errorType, version, this.#beganAt, endMillis, this.#span)
  }

  #recordPeer(): void {
    const span = this.#span
    const { socket, socketPath } = this.#request as ClientRequest & { socketPath?: string }
    const port = socket?.remotePort
    if (port === undefined || socketPath !== undefined) return
    span.setAttribute('network.peer.address', socket?.remoteAddress)
    span.setAttribute('network.peer.port', port)
    if (this.#address.port !== undefined) return
    span.setAttribute('server.port', port)
    span.setAttribute('url.full', ownText(redactUrl(urlOf(this.#request, this.#address.host, port))))
  }
}

/** Where a request goes; the port is undefined where only the connection will tell. */
interface Address {
  readonly host: string
  readonly port: number | undefined
  readonly url: string
}

interface Target {
  readonly request: ClientRequest
  readonly address: Address
}

function describeRequest({ request, address }: Target): (string | number | undefined)[] {
  const { method } = request
  return [
    'http.request.method',
    methodAttribute(method),
    'http.request.method_original',
    originalMethod(method),
    'server.address',
    address.host,
    'server.port',
    address.port,
    'url.full',
    ownText(redactUrl(address.url)),
  ]
}

/**
 * node:http keeps the host but not the port. The `Host` header that it made itself tells the port;
 * where the program set another one, or headers as a list, the connection does.
 */
function addressOf(request: ClientRequest): Address {
  const { protocol, path } = request
  const absolute = path.indexOf('://')
  if (absolute > 0 && path.charCodeAt(0) !== 0x2f) {
    const start = absolute + 3
    const authority = path.slice(start, authorityEnd(path, start))
    const { host, port } = splitHost(authority.slice(authority.lastIndexOf('@') + 1))
    return { host, port: port ?? defaultPort(path.slice(0, absolute + 1)), url: path }
  }
  const host = request.host.startsWith('[') ? request.host.slice(1, -1) : request.host
  const header = request.getHeader('host')
  const named = typeof header === 'string' ? splitHost(header) : undefined
  if (named?.host !== host) return { host, port: undefined, url: urlOf(request, host, undefined) }
  return { host, port: named.port ?? defaultPort(protocol), url: urlOf(request, host, named.port) }
}

function urlOf({ protocol, path }: ClientRequest, host: string, port: number | undefined): string {
  const bracketed = host.includes(':') ? `[${host}]` : host
  const isDefault = port === undefined || port === defaultPort(protocol)
  return `${protocol}//${bracketed}${isDefault ? '' : `:${port}`}${path.startsWith('/') ? '' : '/'}${path}`
}

function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80
}

const requestSetter: TextMapSetter<ClientRequest> = {
  set: (request, name, value) => {
    request.setHeader(name, value)
  },
}

const objectSetter: TextMapSetter<Record<string, OutgoingHttpHeader>> = {
  set: (headers, name, value) => {
    headers[name] = value
  },
}

function pairsOf(headers: OutgoingHttpHeader[]): [string, OutgoingHttpHeader][] {
  const pairs: [string, OutgoingHttpHeader][] = []
  for (let i = 0; i + 1 < headers.length; i += 2) pairs.push([String(headers[i]), headers[i + 1] as OutgoingHttpHeader])
  return pairs
}

function lower(name: unknown): string {
  return String(name).toLowerCase()
}
