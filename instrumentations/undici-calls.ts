import type { Socket } from 'node:net'
import type { Context, Span, TextMapSetter } from '@opentelemetry/api'
import {
  errorType,
  isSigned,
  methodAttribute,
  methodName,
  originalMethod,
  recordCallError,
  recordClientStatus,
} from '../src/instrumentation/http.js'
import { ClientMetrics } from '../src/instrumentation/http-metrics.js'
import { type Describe, type Kit, ownText, type SharedAttributes } from '../src/instrumentation/kit.js'
import { redactUrl, splitHost } from '../src/instrumentation/url.js'

/** A call of ours that waits for its answer, kept on the request it belongs to. */
const CALL: unique symbol = Symbol('autospan.undici.call')

interface Call {
  readonly span: Span
  readonly context: Context
  readonly resends: number
  /** On the monotonic clock. */
  readonly beganAt: number
  headersAt: number
  status: number
  errorType: string | undefined
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
  readonly #servers = new Map<string, SharedAttributes>()
  #metrics: ClientMetrics | undefined = undefined
  readonly #setter: TextMapSetter<UndiciRequest> = { set: setHeader }
  /** Where a redirect leads, in whose context, and the how manieth sending that will be. */
  readonly #redirects = new Map<string, { context: Context; resends: number }>()

  readonly #describe: Describe<UndiciRequest>

  constructor(kit: Kit) {
    this.#kit = kit
    const { http } = kit
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
    if (kit.isSuppressed()) return
    const context = kit.active()
    const { http } = kit
    const host = http === undefined ? '' : hostOf(request)
    const span =
      http?.ignoresHost(host) === true
        ? kit.skip(context)
        : kit.startClient(methodName(request.method), context, this.#describe, request, this.#serverOf(request))
    const resends = this.#takeRedirect(request, context)
    if (resends > 0) span.setAttribute('http.request.resend_count', resends)
    if (kit.hasMeter) this.#metrics ??= new ClientMetrics(kit)
    if (this.#metrics !== undefined || span.isRecording()) {
      const beganAt = performance.now()
      request[CALL] = { span, context, resends, beganAt, headersAt: 0, status: 0, errorType: undefined }
    }
    if (http?.propagatesTo(host) === false) return
    if (http?.skipsSigned !== false && isSigned(headerOf(request, 'authorization'))) return
    for (const field of kit.propagationFields()) {
      if (field !== 'baggage') removeHeader(request, field)
    }
    kit.inject(kit.withSpan(context, span), request, this.#setter)
  }

  /** What is told of a server: kept, for it is encoded once. */
  #serverOf(request: UndiciRequest): SharedAttributes {
    const origin = String(request.origin)
    const known = this.#servers.get(origin)
    if (known !== undefined) return known
    const shared = this.#kit.share(describeServer(origin))
    if (this.#servers.size < MAX_SERVERS) this.#servers.set(origin, shared)
    return shared
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
    call.headersAt = performance.now()
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
    if (call === undefined) return
    this.#measure(request, call, performance.now())
    call.span.end()
  }

  failed(request: UndiciRequest, error: unknown): void {
    const call = takeCall(request)
    if (call === undefined) return
    // The program never read the body: the answer was there long before the collector came by.
    if (error === GARBAGE_COLLECTED) {
      this.#measure(request, call, call.headersAt)
      call.span.end(call.headersAt)
      return
    }
    if (!isCancelled(error)) {
      recordCallError(call.span, error)
      call.errorType = errorType(error)
    }
    this.#measure(request, call, performance.now())
    call.span.end()
  }

  #measure(request: UndiciRequest, { span, beganAt, status, errorType }: Call, endMillis: number): void {
    if (this.#metrics === undefined) return
    const [, host, , port] = this.#serverOf(request).list
    const { method } = request
    this.#metrics.ended(String(host), Number(port), method, status, errorType, undefined, beganAt, endMillis, span)
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

function describeServer(origin: string): (string | number)[] {
  const { host, port } = splitHost(origin.slice(origin.indexOf('://') + 3))
  return ['server.address', host, 'server.port', port ?? (origin.startsWith('https:') ? 443 : 80)]
}

function hostOf({ origin }: UndiciRequest): string {
  const text = String(origin)
  return splitHost(text.slice(text.indexOf('://') + 3)).host
}

function textOrNothing(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value)
}

function urlOf({ origin, path }: UndiciRequest): string {
  const base = typeof origin === 'string' ? origin : origin.origin
  return path.startsWith('/') ? base + path : path.includes('://') ? path : `${base}/${path}`
}

/** Errors of undici and of the system have a code; what has none is the caller's own reason for an abort. */
function isCancelled(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true
  const { name, code } = error as { name?: unknown; code?: unknown }
  if (name === 'AbortError') return true
  return typeof code !== 'string' && name !== 'TimeoutError'
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

function removeHeader(request: UndiciRequest, name: string): void {
  const { headers } = request
  if (Array.isArray(headers)) {
    for (let i = headers.length - 2; i >= 0; i -= 2) {
      if (isHeader(headers[i], name)) headers.splice(i, 2)
    }
  } else if (headers.toLowerCase().includes(`${name}:`)) {
    Object.assign(request, { headers: headers.replace(headerLine(name), '') })
  }
}

/** Replaces or adds: undici's own `addHeader` would send a second line. */
function setHeader(request: UndiciRequest, name: string, value: string): void {
  removeHeader(request, name)
  request.addHeader(name, value)
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
