import type { Socket } from 'node:net'
import type { Context, TextMapSetter } from '@opentelemetry/api'
import { BAGGAGE, joinBaggage } from '../src/instrumentation/baggage-header.js'
import { startOf } from '../src/instrumentation/duration.js'
import { guard } from '../src/instrumentation/guard.js'
import { isAbort, isSigned, methodName } from '../src/instrumentation/http.js'
import { sentAttributes } from '../src/instrumentation/http-kinds.js'
import type { HttpRules } from '../src/instrumentation/http-rules.js'
import {
  type Describe,
  type Kit,
  messageOf,
  ownText,
  propertyOf,
  type SharedAttributes,
} from '../src/instrumentation/kit.js'
import { tellPeer } from '../src/instrumentation/peer.js'
import { type SentCall, SentRequests } from '../src/instrumentation/sent.js'
import { shadow } from '../src/instrumentation/shadow.js'
import { authorityEnd, redactPath, redactUrl, splitHost } from '../src/instrumentation/url.js'
import type { AnyFunction } from '../src/instrumentation/wrap.js'

/** A call of ours that waits for its answer, kept on the request it belongs to. */
const CALL: unique symbol = Symbol('autospan.undici.call')

interface Call {
  readonly sent: SentCall
  readonly context: Context
  readonly server: Server
  readonly resends: number
  /** On the monotonic clock. */
  headersAt: number
}

/** What is known of a server. */
interface Server {
  /** As requests name it, and as URLs may tell it: without a user. */
  readonly origin: string
  readonly shownOrigin: string
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
  /** The protocol that is asked for. */
  readonly upgrade?: string | null
  addHeader(name: string, value: string): void
  /** Called once with an upgrade's answer, or that of a CONNECT; since undici 8 by its second name. */
  onUpgrade?: AnyFunction
  onRequestUpgrade?: AnyFunction
  /** Called with the end of an answer; since undici 8 by its second name. */
  onComplete?: AnyFunction
  onResponseEnd?: AnyFunction
  /** Where it is there, it has the answer of a CONNECT over HTTP/2, and publishes that. */
  readonly onUpgradeResponse?: AnyFunction
  [CALL]?: Call
}

interface UndiciResponse {
  readonly statusCode: number
  /** Names and values by turns; over HTTP/2 since undici 8 as node:http2 has them. */
  readonly headers: (Buffer | string)[] | Readonly<Record<string, string | string[]>>
}

/** Programs call some tens of servers; crawlers call more, and are told of each anew. */
const MAX_SERVERS = 200
/** Redirects that may be followed at one time; older ones are forgotten. */
const MAX_REDIRECTS = 100
/** By which a request hears that it has failed; the second name is that of undici 8. */
const FAILURES = ['onError', 'onResponseError']
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
  /** The one that was called last, which most often is the next one too. */
  #last: Server | undefined = undefined
  readonly #sent: SentRequests
  readonly #setter: TextMapSetter<UndiciRequest>
  /** Where a redirect leads, in whose context, and the how manieth sending that will be. */
  readonly #redirects = new Map<string, { context: Context; resends: number }>()

  readonly #describe: Describe<UndiciRequest>
  /** Of the classes of requests that there are: one for each undici that is loaded. */
  readonly #prototypes = new WeakSet<object>()
  readonly #upgraded: (request: UndiciRequest, status: number | null, headers: UndiciResponse['headers']) => void

  constructor(kit: Kit) {
    this.#kit = kit
    this.#sent = new SentRequests(kit)
    const { http } = kit
    const parentFields = kit.parentFields()
    this.#setter = {
      set(request, name, value) {
        const sent = name === BAGGAGE ? joinBaggage(sentHeader(request, name), value) : value
        // undici's own `addHeader` would send a second line.
        if (!parentFields.includes(name)) removeHeaders(request, [name])
        request.addHeader(name, sent)
      },
    }
    const describe = (request: UndiciRequest) =>
      sentAttributes(request.method, ownText(shownUrl(this.#serverOf(request), request)))
    this.#describe =
      http === undefined || http.client.request.length === 0
        ? describe
        : (request) =>
            http.captureInto(describe(request), 'request', http.client.request, (name) => sentHeader(request, name))
    this.#upgraded = guard(kit.place('upgrade', { always: true }), (request, status, headers) => {
      // A CONNECT over HTTP/2 is handed out before its answer is there, which undici before 6.29 tells nobody.
      if (status === null && request.onUpgradeResponse !== undefined) return
      if (status !== null) this.answered(request, { statusCode: status, headers })
      this.ended(request)
    })
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
    const sent = this.#sent.follow(span, request.method, server.host, server.port, startOf(span))
    if (sent !== undefined) {
      request[CALL] = { sent, context, server, resends, headersAt: 0 }
      if (request.upgrade || request.method === 'CONNECT') this.#awaitUpgrade(request)
      const prototype = Object.getPrototypeOf(request)
      if (!this.#prototypes.has(prototype)) this.#keepContext(prototype)
    }
    if (http?.propagatesTo(server.host) === false) return
    if (http?.skipsSigned !== false && isSigned(sentHeader(request, 'authorization')?.[0])) return
    removeHeaders(request, kit.parentFields())
    kit.inject(kit.withSpan(context, span), request, this.#setter)
  }

  /** Most releases of undici, those in Node.js too, publish nothing of a request that ends by an upgrade. */
  #awaitUpgrade(request: UndiciRequest): void {
    const method = request.onRequestUpgrade === undefined ? 'onUpgrade' : 'onRequestUpgrade'
    if (request[method] === undefined) return
    shadow(request as Record<typeof method, AnyFunction>, method, (original, args) => {
      const [status, headers] = args as [number | null, UndiciResponse['headers']]
      this.#upgraded(request, status, headers)
      return original(...args)
    })
  }

  /** undici hears of failures from the connection, which belongs to whoever has opened it: a retry belongs to the caller. */
  #keepContext(prototype: object): void {
    this.#prototypes.add(prototype)
    const kit = this.#kit
    for (const method of FAILURES) {
      if (!Object.hasOwn(prototype, method)) continue
      kit.wrap(prototype, method, (fail) => {
        return function (this: UndiciRequest, error: unknown) {
          const call = this[CALL]
          return call === undefined ? fail.call(this, error) : kit.runWith(call.context, fail, this, [error])
        }
      })
    }
  }

  #serverOf(request: UndiciRequest): Server {
    const origin = originOf(request)
    if (this.#last?.origin === origin) return this.#last
    const server = this.#servers.get(origin) ?? this.#newServer(origin)
    this.#last = server
    return server
  }

  #newServer(origin: string): Server {
    const authority = origin.slice(origin.indexOf('://') + 3)
    const { host, port = defaultPort(origin) } = splitHost(authority.slice(authority.lastIndexOf('@') + 1))
    const shared = this.#kit.share(['server.address', host, 'server.port', port])
    const server = { origin, shownOrigin: redactUrl(origin), host, port, shared }
    if (this.#servers.size < MAX_SERVERS) this.#servers.set(origin, server)
    return server
  }

  connected(request: UndiciRequest, socket: Socket): void {
    const call = request[CALL]
    if (call !== undefined) tellPeer(call.sent.span, call.server.shared, socket)
  }

  answered(request: UndiciRequest, response: UndiciResponse): void {
    const call = request[CALL]
    if (call === undefined) return
    const { statusCode: status } = response
    call.sent.answered(status)
    call.headersAt = this.#kit.now()
    if (this.#kit.http !== undefined) captureHeaders(this.#kit.http, call, response)
    if (status < 300) return
    this.#keepEnd(request, call.context)
    if (status < 400) this.#expectRedirect(request, call, response)
  }

  /** Redirects are followed, and since undici 7 failures tried again, when the connection tells that the answer is whole. */
  #keepEnd(request: UndiciRequest, context: Context): void {
    const method = request.onResponseEnd === undefined ? 'onComplete' : 'onResponseEnd'
    if (request[method] === undefined) return
    shadow(request as Record<typeof method, AnyFunction>, method, (original, args) =>
      this.#kit.runWith(context, original, undefined, args),
    )
  }

  ended(request: UndiciRequest): void {
    takeCall(request)?.sent.end(this.#kit.now())
  }

  failed(request: UndiciRequest, error: unknown): void {
    const call = takeCall(request)
    if (call === undefined) return
    // The program never read the body: the answer was there long before the collector came by.
    if (error === GARBAGE_COLLECTED) {
      call.sent.end(call.headersAt)
      return
    }
    if (!isCancelled(error)) call.sent.failed(error)
    call.sent.end(this.#kit.now())
  }

  #expectRedirect(request: UndiciRequest, call: Call, response: UndiciResponse): void {
    const location = receivedHeader(response, 'location')?.[0]
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

/** Apart, for it makes a closure. */
function captureHeaders(http: HttpRules, { sent: { span } }: Call, response: UndiciResponse): void {
  http.captureResponse(span, http.client.response, (name) => receivedHeader(response, name))
}

function takeCall(request: UndiciRequest): Call | undefined {
  const call = request[CALL]
  if (call !== undefined) request[CALL] = undefined as never
  return call
}

function defaultPort(origin: string): number {
  return origin.startsWith('https:') ? 443 : 80
}

/** Where a request goes: the path of one that a proxy is to hand on is a whole URL, and `origin` the proxy's. */
function originOf({ origin, path }: UndiciRequest): string {
  const scheme = path.startsWith('/') ? -1 : path.indexOf('://')
  if (scheme > 0) return path.slice(0, authorityEnd(path, scheme + 3))
  return typeof origin === 'string' ? origin : origin.origin
}

function urlOf(request: UndiciRequest): string {
  const { path } = request
  if (path.startsWith('/')) return originOf(request) + path
  return path.includes('://') ? path : `${originOf(request)}/${path}`
}

/** The same as it may be told. */
function shownUrl({ shownOrigin }: Server, request: UndiciRequest): string {
  return request.path.startsWith('/') ? shownOrigin + redactPath(request.path) : redactUrl(urlOf(request))
}

/** Of the errors that have no code, with some releases of undici, those that no caller has made. */
const WITHOUT_CODE = new Set<unknown>(['TimeoutError', 'HTTPParserError'])

/** What undici makes of an abort without a reason; in other words its aborts are its own, as where a proxy makes no tunnel. */
const ABORTED = 'Request aborted'

/** Errors of undici and of the system have a code; what has none is the caller's own reason for an abort. */
function isCancelled(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true
  if (propertyOf(error, 'code') === 'UND_ERR_ABORTED') return messageOf(error) === ABORTED
  if (isAbort(error)) return true
  return typeof propertyOf(error, 'code') !== 'string' && !WITHOUT_CODE.has(propertyOf(error, 'name'))
}

function sentHeader({ headers }: UndiciRequest, name: string): string[] | undefined {
  if (Array.isArray(headers)) return valuesIn(headers, name)
  const lines = [...String(headers).matchAll(headerLine(name, 'g'))]
  return lines.length === 0 ? undefined : lines.map(([, value]) => value!)
}

function receivedHeader({ headers }: UndiciResponse, name: string): string[] | undefined {
  if (Array.isArray(headers)) return valuesIn(headers, name)
  const value = headers[name]
  return value === undefined ? undefined : [value].flat()
}

/** All values of a header in a list of names and values; what a program sends several times has a list of its own. */
function valuesIn(headers: readonly unknown[], name: string): string[] | undefined {
  let values: string[] | undefined
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (!isHeader(headers[i], name)) continue
    values ??= []
    for (const value of [headers[i + 1]].flat()) values.push(String(value))
  }
  return values
}

/** `name` is in lower case. */
function isHeader(header: unknown, name: string): boolean {
  const text = typeof header === 'string' ? header : String(header)
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

function headerLine(name: string, flags = ''): RegExp {
  return new RegExp(`^${name}:[ \\t]*([^\\r\\n]*)\\r\\n`, `im${flags}`)
}
