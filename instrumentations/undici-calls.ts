import type { Socket } from 'node:net'
import type { Context, Span, TextMapSetter } from '@opentelemetry/api'
import { startOf } from '../src/instrumentation/duration.js'
import {
  errorType,
  isAbort,
  isSigned,
  methodAttribute,
  methodName,
  originalMethod,
  recordCallError,
  recordClientStatus,
} from '../src/instrumentation/http.js'
import { ClientMetrics } from '../src/instrumentation/http-metrics.js'
import { type Describe, type Kit, ownText, propertyOf, type SharedAttributes } from '../src/instrumentation/kit.js'
import { redactUrl, splitHost } from '../src/instrumentation/url.js'

/** A call of ours that waits for its answer, kept on the request it belongs to. */
const CALL: unique symbol = Symbol('autospan.undici.call')

interface Call {
  readonly span: Span
  readonly context: Context
  readonly server: Server
  readonly resends: number
  /** On the monotonic clock. */
  readonly beganAt: number
  headersAt: number
  status: number
  errorType: string | undefined
}

/** What is known of a server. */
interface Server {
  readonly host: string
  readonly port: number
  /** Told of each call: made once, for it is encoded once. */
  readonly shared: SharedAttributes
}

/** undici's request as its channels show it; `headers` was one text before undici 6. */
interface UndiciRequest {
  readonly origin: string | URL
  readonly path: string
  readonly method: string
  readonly headers: string | unknown[]
  addHeader(name: string, value: string): void
  [CALL]?: Call
}

interface UndiciResponse {
  readonly statusCode: number
  readonly headers: (Buffer | string)[]
}

/** Programs call some tens of servers; crawlers call more, and are told of each anew. */
const MAX_SERVERS = 200
/** Redirects that may be followed at one time; older ones are forgotten. */
const MAX_REDIRECTS = 100
const GARBAGE_COLLECTED = 'Response object has been garbage collected'

/** What the channels publish, each some of it. */
export interface Message {
  readonly request: UndiciRequest
  readonly socket: Socket
  readonly response: UndiciResponse
  readonly error: unknown
}

export class Calls {
  readonly #kit: Kit
  readonly #servers = new Map<string, Server>()
  #metrics: ClientMetrics | undefined = undefined
  readonly #setter: TextMapSetter<UndiciRequest>
  /** Where a redirect leads, in whose context, and the how manieth sending that will be. */
  readonly #redirects = new Map<string, { context: Context; resends: number }>()

  readonly #describe: Describe<UndiciRequest>

  constructor(kit: Kit) {
    this.#kit = kit
    const { http } = kit
    const parentFields = kit.parentFields()
    this.#setter = {
      set(request, name, value) {
        // undici's own `addHeader` would send a second line.
        if (!parentFields.includes(name)) removeHeaders(request, [name])
        request.addHeader(name, value)
      },
    }
    this.#describe =
      http === undefined || http.client.request.length === 0
        ? describeRequest
        : (request) =>
            http.captureInto(describeRequest(request), 'request', http.client.request, (name) =>
              textOrNothing(headerOf(request, name)),
            )
  }

  begin(request: UndiciRequest): void {
    const kit = this.#kit
    const context = kit.activeToTrace()
    if (context === undefined) return
    const { http } = kit
    const server = this.#serverOf(request)
    const span =
      http?.ignoresHost(server.host) === true
        ? kit.skip(context)
        : kit.startClient(methodName(request.method), context, this.#describe, request, server.shared)
    const resends = this.#takeRedirect(request, context)
    if (resends > 0) span.setAttribute('http.request.resend_count', resends)
    if (kit.hasMeter) this.#metrics ??= new ClientMetrics(kit)
    if (this.#metrics !== undefined || span.isRecording()) {
      const beganAt = startOf(span)
      request[CALL] = { span, context, server, resends, beganAt, headersAt: 0, status: 0, errorType: undefined }
    }
    if (http?.propagatesTo(server.host) === false) return
    if (http?.skipsSigned !== false && isSigned(headerOf(request, 'authorization'))) return
    removeHeaders(request, kit.parentFields())
    kit.inject(kit.withSpan(context, span), request, this.#setter)
  }

  #serverOf(request: UndiciRequest): Server {
    const origin = String(request.origin)
    const known = this.#servers.get(origin)
    if (known !== undefined) return known
    const { host, port = defaultPort(origin) } = splitHost(origin.slice(origin.indexOf('://') + 3))
    const shared = this.#kit.share(['server.address', host, 'server.port', port])
    const server = { host, port, shared }
    if (this.#servers.size < MAX_SERVERS) this.#servers.set(origin, server)
    return server
  }

  connected(request: UndiciRequest, socket: Socket): void {
    const span = request[CALL]?.span
    if (span === undefined || socket.remoteAddress === undefined) return
    span.setAttribute('network.peer.address', socket.remoteAddress)
    span.setAttribute('network.peer.port', socket.remotePort)
  }

  answered(request: UndiciRequest, response: UndiciResponse): void {
    const call = request[CALL]
    if (call === undefined) return
    recordClientStatus(call.span, response.statusCode)
    call.status = response.statusCode
    if (call.status >= 400) call.errorType = String(call.status)
    call.headersAt = this.#kit.now()
    const { http } = this.#kit
    if (http !== undefined && call.span.isRecording()) {
      const { headers } = response
      const captured = http.captureInto([], 'response', http.client.response, (name) => responseHeader(headers, name))
      for (let i = 0; i + 1 < captured.length; i += 2) {
        call.span.setAttribute(String(captured[i]), captured[i + 1] as string[])
      }
    }
    if (response.statusCode >= 300 && response.statusCode < 400) this.#expectRedirect(request, call, response)
  }

  ended(request: UndiciRequest): void {
    const call = takeCall(request)
    if (call !== undefined) this.#end(request, call, this.#kit.now())
  }

  failed(request: UndiciRequest, error: unknown): void {
    const call = takeCall(request)
    if (call === undefined) return
    // The program never read the body: the answer was there long before the collector came by.
    if (error === GARBAGE_COLLECTED) {
      this.#end(request, call, call.headersAt)
      return
    }
    if (!isCancelled(error)) {
      recordCallError(call.span, error)
      call.errorType = errorType(error)
    }
    this.#end(request, call, this.#kit.now())
  }

  #end({ method }: UndiciRequest, { span, server, beganAt, status, errorType }: Call, endMillis: number): void {
    const { host, port } = server
    this.#metrics?.ended(host, port, method, status, errorType, undefined, beganAt, endMillis, span)
    span.end(endMillis)
  }

  #expectRedirect(request: UndiciRequest, call: Call, { headers }: UndiciResponse): void {
    const location = responseHeader(headers, 'location')
    const url = urlOf(request)
    if (location === undefined || !URL.canParse(location, url)) return
    if (this.#redirects.size >= MAX_REDIRECTS) this.#redirects.delete(this.#redirects.keys().next().value as string)
    const target = new URL(location, url)
    target.hash = ''
    this.#redirects.set(target.href, { context: call.context, resends: call.resends + 1 })
  }

  #takeRedirect(request: UndiciRequest, context: Context): number {
    if (this.#redirects.size === 0) return 0
    const url = urlOf(request)
    const redirect = this.#redirects.get(url)
    if (redirect === undefined || redirect.context !== context) return 0
    this.#redirects.delete(url)
    return redirect.resends
  }
}

function takeCall(request: UndiciRequest): Call | undefined {
  const call = request[CALL]
  if (call !== undefined) request[CALL] = undefined as never
  return call
}

/** The places of what comes later are made at once: a list that grows is copied. */
function describeRequest(request: UndiciRequest): (string | number | undefined)[] {
  const { method } = request
  return [
    'http.request.method',
    methodAttribute(method),
    'http.request.method_original',
    originalMethod(method),
    'url.full',
    ownText(redactUrl(urlOf(request))),
    'network.peer.address',
    undefined,
    'network.peer.port',
    undefined,
    'http.response.status_code',
    undefined,
  ]
}

function defaultPort(origin: string): number {
  return origin.startsWith('https:') ? 443 : 80
}

function textOrNothing(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value)
}

function urlOf({ origin, path }: UndiciRequest): string {
  const base = typeof origin === 'string' ? origin : origin.origin
  return path.startsWith('/') ? base + path : path.includes('://') ? path : `${base}/${path}`
}

/** Of the errors that have no code, with some releases of undici, those that no caller has made. */
const WITHOUT_CODE = new Set<unknown>(['TimeoutError', 'HTTPParserError'])

/** Errors of undici and of the system have a code; what has none is the caller's own reason for an abort. */
function isCancelled(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || isAbort(error)) return true
  return typeof propertyOf(error, 'code') !== 'string' && !WITHOUT_CODE.has(propertyOf(error, 'name'))
}

function headerOf({ headers }: UndiciRequest, name: string): unknown {
  if (Array.isArray(headers)) {
    for (let i = 0; i + 1 < headers.length; i += 2) {
      if (isHeader(headers[i], name)) return headers[i + 1]
    }
    return undefined
  }
  return headerLine(name).exec(headers)?.[1]
}

/** `name` is in lower case. */
function isHeader(header: unknown, name: string): boolean {
  const text = String(header)
  return text.length === name.length && text.toLowerCase() === name
}

/** `names` are in lower case. */
function removeHeaders(request: UndiciRequest, names: readonly string[]): void {
  const { headers } = request
  if (!Array.isArray(headers)) {
    for (const name of names) removeLines(request, name)
    return
  }
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    for (const name of names) {
      if (!isHeader(headers[i], name)) continue
      headers.splice(i, 2)
      break
    }
  }
}

function removeLines(request: UndiciRequest, name: string): void {
  const text = String(request.headers)
  if (text.toLowerCase().includes(`${name}:`)) Object.assign(request, { headers: text.replace(headerLine(name), '') })
}

function headerLine(name: string): RegExp {
  return new RegExp(`^${name}:[ \\t]*([^\\r\\n]*)\\r\\n`, 'im')
}

function responseHeader(headers: (Buffer | string)[], name: string): string | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (isHeader(headers[i], name)) return String(headers[i + 1])
  }
  return undefined
}
