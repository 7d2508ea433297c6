import type { ClientRequest, IncomingMessage, OutgoingHttpHeader } from 'node:http'
import type { Socket } from 'node:net'
import type { Context, Span, TextMapSetter } from '@opentelemetry/api'
import {
  isAbort,
  isSigned,
  methodAttribute,
  methodName,
  originalMethod,
  recordCallError,
  recordClientStatus,
} from '../../src/instrumentation/http.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { CONTEXT, LIFE, type Message, type MessageLife } from '../../src/instrumentation/message.js'
import { authorityEnd, redactUrl, splitHost } from '../../src/instrumentation/url.js'
import { keepContext } from './message.js'

/** The headers as `_storeHeader` gets them: the message's own table, an object, or names and values in a list. */
type StoredHeaders = Record<string, OutgoingHttpHeader> | OutgoingHttpHeader[] | [string, OutgoingHttpHeader][] | null

/**
 * One CLIENT span for each request sent. It starts when the head is about to be written, which is
 * the one moment at which node:http has all headers and has sent none, whoever made the request and
 * however: `request`, `get`, `new ClientRequest`, headers as an object or as a list.
 */
export function traceClients(prototype: ClientRequest & Message, kit: Kit): void {
  keepContext(prototype, kit)
  const place = kit.place('client')
  kit.wrap(prototype, '_storeHeader', (storeHeader) => {
    return function (this: ClientRequest & Message, firstLine: string, headers: StoredHeaders) {
      let stored = headers
      if (place.on && this[CONTEXT] === undefined && !kit.isSuppressed()) {
        try {
          stored = begin(this, headers)
        } catch (error) {
          place.failed(error)
        }
      }
      return storeHeader.call(this, firstLine, stored)
    }
  })

  function begin(request: ClientRequest & Message, headers: StoredHeaders): StoredHeaders {
    const parent = kit.active()
    const span = kit.startClient(methodName(request.method), parent, describeRequest, request)
    request[CONTEXT] = parent
    if (span.isRecording()) request[LIFE] = new RequestLife(span, request, parent)
    return injectInto(request, headers, kit.withSpan(parent, span))
  }

  function injectInto(request: ClientRequest, headers: StoredHeaders, context: Context): StoredHeaders {
    if (Array.isArray(headers)) return injectIntoList(headers, context)
    if (isSigned(request.getHeader('authorization'))) return headers
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
    if (pairs.some(([name, value]) => lower(name) === 'authorization' && isSigned(value))) return headers
    const added: Record<string, OutgoingHttpHeader> = {}
    kit.inject(context, added, objectSetter)
    const replaced = new Set(kit.propagationFields().filter((field) => field !== 'baggage' || field in added))
    const kept = pairs.filter(([name]) => !replaced.has(lower(name)))
    return [...kept, ...Object.entries(added)] as [string, OutgoingHttpHeader][]
  }
}

/**
 * The life of a sent request: to the response's end, an error, or the connection's loss. The same
 * object hears of the request's events and, once there is one, of the response's.
 */
class RequestLife implements MessageLife {
  readonly #span: Span
  readonly #request: ClientRequest
  readonly #context: Context
  #response: IncomingMessage | undefined

  constructor(span: Span, request: ClientRequest, context: Context) {
    this.#span = span
    this.#request = request
    this.#context = context
  }

  before(event: string, argument: unknown): void {
    switch (event) {
      case 'response':
        this.#receive(argument as IncomingMessage & Message)
        break
      case 'upgrade':
      case 'connect':
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

  after(): void {}

  #receive(response: IncomingMessage & Message): void {
    this.#response = response
    this.#recordResponse(response)
    response[CONTEXT] = this.#context
    response[LIFE] = this
  }

  #recordResponse(response: IncomingMessage): void {
    recordClientStatus(this.#span, response.statusCode ?? 0)
    this.#span.setAttribute('network.protocol.version', response.httpVersion)
  }

  #fail(error: unknown): void {
    if (!isAbort(error) && !this.#wasCancelled(error)) recordCallError(this.#span, error)
    this.#end()
  }

  /** Without an end and without an error: cut off while the body came, by the other side or by the caller. */
  #close(): void {
    const response = this.#response
    if (response !== undefined && !response.complete && !this.#wasCancelled(undefined)) {
      recordCallError(this.#span, Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
    }
    this.#end()
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
    if (!this.#span.isRecording()) return
    recordPeer(this.#span, this.#request)
    this.#span.end()
  }
}

function describeRequest(request: ClientRequest): (string | number | undefined)[] {
  const { method } = request
  const { host, port, url } = addressOf(request)
  return [
    'http.request.method',
    methodAttribute(method),
    'http.request.method_original',
    originalMethod(method),
    'server.address',
    host,
    'server.port',
    port,
    'url.full',
    redactUrl(url),
  ]
}

/**
 * node:http keeps the host but not the port. The `Host` header that it made itself tells the port;
 * where the program set another one, the URL names the host alone and the peer tells the rest.
 */
function addressOf(request: ClientRequest): { host: string; port: number | undefined; url: string } {
  const { protocol, path } = request
  const absolute = path.indexOf('://')
  if (absolute > 0 && path.charCodeAt(0) !== 0x2f) {
    const start = absolute + 3
    const authority = path.slice(start, authorityEnd(path, start))
    const { host, port } = splitHost(authority.slice(authority.lastIndexOf('@') + 1))
    return { host, port: port ?? defaultPort(path.slice(0, absolute + 1)), url: path }
  }
  const host = request.host
  const header = request.getHeader('host')
  const named = typeof header === 'string' ? splitHost(header) : undefined
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  const matches = named !== undefined && named.host === (host.startsWith('[') ? host.slice(1, -1) : host)
  const port = matches ? (named.port ?? defaultPort(protocol)) : undefined
  const suffix = matches && named.port !== undefined ? `:${named.port}` : ''
  const separator = path.startsWith('/') ? '' : '/'
  return { host, port, url: `${protocol}//${bracketed}${suffix}${separator}${path}` }
}

function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80
}

function recordPeer(span: Span, request: ClientRequest): void {
  const socket: Socket | null = request.socket
  const address = socket?.remoteAddress
  if (address === undefined) return
  span.setAttribute('network.peer.address', address)
  span.setAttribute('network.peer.port', socket?.remotePort)
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
