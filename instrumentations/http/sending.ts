import type { ClientRequest, IncomingMessage, OutgoingHttpHeader } from 'node:http'
import type { Context, Span, TextMapSetter } from '@opentelemetry/api'
import { BAGGAGE, joinBaggage } from '../../src/instrumentation/baggage-header.js'
import { isAbort, isSigned, methodName, timeoutError } from '../../src/instrumentation/http.js'
import { sentAttributes } from '../../src/instrumentation/http-kinds.js'
import type { HttpRules } from '../../src/instrumentation/http-rules.js'
import { type Describe, type Kit, propertyOf } from '../../src/instrumentation/kit.js'
import { lifeOf, type Message, MessageLife, setLife } from '../../src/instrumentation/message.js'
import { tellPeer } from '../../src/instrumentation/peer.js'
import { type SentCall, SentRequests } from '../../src/instrumentation/sent.js'
import { portAt, type Target, Targets, urlAt, urlOf } from './target.js'

/** The headers as `_storeHeader` gets them: the message's own table, an object, or names and values in a list. */
export type StoredHeaders =
  | Record<string, OutgoingHttpHeader>
  | OutgoingHttpHeader[]
  | [string, OutgoingHttpHeader][]
  | null

/** What is known of a request when its span starts. */
interface Sent {
  readonly request: ClientRequest
  readonly target: Target
}

export interface Sending {
  /** Starts the span of a request whose head is about to be written; returns the headers to write instead. */
  begin(request: ClientRequest & Message, headers: StoredHeaders): StoredHeaders
  /** Follows a request that has no head yet, as its body is not there: should it fail now, it has a span all the same. */
  expect(request: ClientRequest & Message): MessageLife
}

/** Loaded with the first request. */
export function createSending(kit: Kit): Sending {
  const { http } = kit
  const { skipsSigned = true } = http ?? {}
  const targets = new Targets(kit)
  const sent = new SentRequests(kit)
  const describe: Describe<Sent> =
    http === undefined || http.client.request.length === 0
      ? describeRequest
      : (sent) =>
          http.captureInto(describeRequest(sent), 'request', http.client.request, (name) =>
            sent.request.getHeader(name),
          )
  return { begin, expect }

  function begin(request: ClientRequest & Message, headers: StoredHeaders): StoredHeaders {
    const parent = kit.active()
    const target = targets.of(request)
    const span = start(request, target, parent, kit.now())
    if (http?.propagatesTo(target.host) === false) return headers
    return injectInto(request, headers, kit.withSpan(parent, span))
  }

  function start(request: ClientRequest & Message, target: Target, parent: Context, beganAt: number): Span {
    const span =
      http?.ignoresHost(target.host) === true
        ? kit.skip(parent)
        : kit.startClient(methodName(request.method), parent, describe, { request, target }, target.shared, beganAt)
    const call = sent.follow(span, request.method, target.host, target.port, beganAt)
    setLife(
      request,
      call === undefined ? new SentRequest(parent) : new RecordedRequest(parent, call, request, target, kit),
    )
    return span
  }

  function expect(request: ClientRequest & Message): MessageLife {
    const context = kit.active()
    const beganAt = kit.now()
    const life = new UnsentRequest(context, (error) => {
      if (isAbort(error) || wasCancelled(request, error)) return
      start(request, targets.of(request), context, beganAt)
      lifeOf(request)?.before('error', request, error)
    })
    setLife(request, life)
    return life
  }

  function injectInto(request: ClientRequest, headers: StoredHeaders, context: Context): StoredHeaders {
    if (Array.isArray(headers)) return injectIntoList(headers, context)
    if (skipsSigned && isSigned(request.getHeader('authorization'))) return headers
    // What the caller has put there himself, as proxies that copy all headers do, is replaced: the
    // span of this call is the parent that the other side has to see.
    for (const field of kit.parentFields()) {
      if (request.hasHeader(field)) request.removeHeader(field)
    }
    if (headers !== null && headers !== undefined) {
      kit.inject(context, request, requestSetter)
      return headers
    }
    const added: Record<string, string> = {}
    kit.inject(context, added, objectSetter)
    return added
  }

  function injectIntoList(
    headers: OutgoingHttpHeader[] | [string, OutgoingHttpHeader][],
    context: Context,
  ): StoredHeaders {
    // Of pairs a list, or names and values by turns. What is neither node:http has to see as it is, for it refuses that.
    const isPaired = Array.isArray(headers[0])
    if (isPaired ? !headers.every(Array.isArray) : headers.length % 2 !== 0) return headers
    const pairs = isPaired ? (headers as [string, OutgoingHttpHeader][]) : pairsOf(headers as OutgoingHttpHeader[])
    const skips = skipsSigned && pairs.some(([name, value]) => lower(name) === 'authorization' && isSigned(value))
    if (skips) return headers
    const added: Record<string, string> = {}
    kit.inject(context, added, objectSetter)
    if (added[BAGGAGE] !== undefined) {
      const own = pairs.filter(([name]) => lower(name) === BAGGAGE).flatMap(([, value]) => value as string)
      added[BAGGAGE] = joinBaggage(own, added[BAGGAGE])
    }
    const replaced = new Set([...kit.parentFields(), ...Object.keys(added)])
    const kept = pairs.filter(([name]) => !replaced.has(lower(name)))
    return [...kept, ...Object.entries(added)] as [string, OutgoingHttpHeader][]
  }
}

/** A request whose head has yet to be written. */
class UnsentRequest extends MessageLife {
  readonly #fail: (error: unknown) => void

  constructor(context: Context, fail: (error: unknown) => void) {
    super(context)
    this.#fail = fail
  }

  override get isUnsent(): boolean {
    return true
  }

  override heeds(event: string): boolean {
    return event === 'error' || event === 'close'
  }

  override before(event: string, _message: Message, argument: unknown): void {
    if (event === 'error') this.#fail(argument)
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

/**
 * The life of a sent request that is recorded: to the response's end, an error, or the connection's loss. The same
 * object hears of the request's events and, once there is one, of the response's.
 */
class RecordedRequest extends SentRequest {
  readonly #call: SentCall
  readonly #request: ClientRequest
  readonly #target: Target
  readonly #kit: Kit
  #response: IncomingMessage | undefined
  /** When the answer's head came, on the monotonic clock; 0 where the program has begun to read at once, as most do. */
  #headAt = 0
  /** That of the target; else told by the connection. */
  #port: number | undefined
  #hasTimedOut = false
  #hasEnded = false

  constructor(context: Context, call: SentCall, request: ClientRequest, target: Target, kit: Kit) {
    super(context)
    this.#call = call
    this.#request = request
    this.#target = target
    this.#port = target.port
    this.#kit = kit
  }

  override heeds(event: string): boolean {
    switch (event) {
      case 'response':
      case 'upgrade':
      case 'connect':
      case 'timeout':
      case 'error':
      case 'end':
      case 'close':
        return true
      default:
        return false
    }
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

  override after(event: string): void {
    if (event === 'response' && this.#response?.readableFlowing === null) this.#headAt = this.#kit.now()
    if (event === 'timeout' && this.#request.socket?.destroyed) this.#hasTimedOut = true
  }

  #recordResponse(response: IncomingMessage): void {
    this.#call.answered(response.statusCode ?? 0, response.httpVersion)
    this.#recordPeer()
    const { http } = this.#kit
    if (http !== undefined) this.#captureHeaders(http, response)
  }

  /** Apart, for it makes a closure. */
  #captureHeaders(http: HttpRules, response: IncomingMessage): void {
    http.captureResponse(this.#call.span, http.client.response, (name) => http.receivedHeader(response, name))
  }

  #fail(error: unknown): void {
    if (!isAbort(error)) this.#recordBreak(error)
    this.#end()
  }

  /** What the caller breaks off is no failure, unless it has waited for too long. */
  #recordBreak(error: unknown): void {
    if (!wasCancelled(this.#request, error)) this.#recordError(error)
    else if (this.#hasTimedOut) this.#recordError(timeoutError())
  }

  /** Without an end and without an error: not read, or cut off while the body came, by the other side or by the caller. */
  #close(): void {
    const response = this.#response
    // The program has not read the body: the answer was there long before its idle connection was closed.
    if (this.#headAt !== 0 && response?.complete === true && !response.readableDidRead) {
      this.#end(this.#headAt)
      return
    }
    if (response !== undefined && !response.complete) {
      this.#recordBreak(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
    }
    this.#end()
  }

  #recordError(error: unknown): void {
    if (!this.#hasEnded) this.#call.failed(error)
  }

  #end(endedAt?: number): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const endMillis = endedAt ?? this.#kit.now()
    if (this.#response === undefined) this.#recordPeer()
    this.#call.end(endMillis, this.#port)
  }

  /** With the head, as a connection that is closed knows no more where it went; without one at the end. */
  #recordPeer(): void {
    const { socket, socketPath } = this.#request as ClientRequest & { socketPath?: string }
    if (!socket || socketPath !== undefined) return
    const { span } = this.#call
    const isRecording = span.isRecording()
    if (isRecording) tellPeer(span, this.#target.shared, socket)
    const port = portAt(this.#request, this.#target, socket)
    if (port === this.#port) return
    this.#port = port
    if (!isRecording || port === undefined) return
    span.setAttribute('server.port', port)
    span.setAttribute('url.full', urlAt(this.#request, this.#target, port))
  }
}

/**
 * `destroy()` and `abort()` by the caller show as a reset like any other; but then the socket has
 * neither failed nor heard the other side's end.
 */
function wasCancelled(request: ClientRequest & { readonly res?: IncomingMessage | null }, error: unknown): boolean {
  if (propertyOf(error, 'code') !== 'ECONNRESET') return false
  const { socket, res: response } = request
  const isDestroyed = request.destroyed || response?.destroyed === true
  if (socket === null || socket === undefined) return isDestroyed
  return isDestroyed && socket.errored === null && !socket.readableEnded
}

function describeRequest({ request, target }: Sent): (string | number | undefined)[] {
  const { method } = request
  return sentAttributes(method, urlOf(request, target))
}

const requestSetter: TextMapSetter<ClientRequest> = {
  set: (request, name, value) => {
    request.setHeader(name, name === BAGGAGE ? joinBaggage(request.getHeader(name), value) : value)
  },
}

const objectSetter: TextMapSetter<Record<string, string>> = {
  set: (headers, name, value) => {
    headers[name] = value
  },
}

function pairsOf(headers: OutgoingHttpHeader[]): [string, OutgoingHttpHeader][] {
  const pairs: [string, OutgoingHttpHeader][] = []
  for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i] as string, headers[i + 1] as OutgoingHttpHeader])
  return pairs
}

function lower(name: unknown): string {
  return String(name).toLowerCase()
}
