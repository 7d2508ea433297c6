import type { Context, Span } from '@opentelemetry/api'
import { spanOf } from '../context/context.js'
import { attributeIn } from '../trace/attributes.js'
import { now } from '../trace/clock.js'
import { HTTP_ROUTE, NonRecordingSpan } from '../trace/non-recording-span.js'
import { ownText } from '../trace/own-text.js'
import { recordingOf, type SpanOwner } from '../trace/span.js'
import { messageOf } from '../trace/thrown.js'
import { errorType, methodName, recordServerStatus } from './http.js'
import type { Kind, Kinds } from './http-kinds.js'
import type { ServerMetrics } from './http-metrics.js'
import { lifeOf, type Message, MessageLife, served } from './message.js'

/** `error.type` of a request whose client went away before the answer was whole. */
export const CLIENT_DISCONNECTED = 'client_disconnected'
/** And of one whose answer the server itself broke off, with no error. */
export const SERVER_DISCONNECTED = 'server_disconnected'
/** The event that tells when a streamed response began; there is no name in the conventions. */
const FIRST_BYTE = 'http.response.first_byte'
/** A response that took longer from its first byte to its last was streamed, and has the event. */
const STREAMED_MILLIS = 10

/** Tells the route of a request when its response has ended; undefined when none has matched. */
export type RouteOf = () => string | undefined

/**
 * A request that this process serves, from its head to its response's last byte. Frameworks tell it
 * the route and the error; they are put on the span at its end, when the status is known. What it is
 * made of, messages or a stream, its protocol's own class knows.
 */
export abstract class ServedRequest extends MessageLife implements SpanOwner {
  readonly span: Span
  /**
   * For what a framework's instrumentation has to remember of the request. A property of the request itself would
   * cost 1 us with Node.js 20 and 22, and each look at one 0.1 to 0.5, once express has changed its prototype.
   */
  notes: unknown = undefined
  readonly #method: string
  #route: string | undefined = undefined
  #routeOf: RouteOf | undefined = undefined
  #error: unknown = undefined
  #errorAt = 0
  #status = 0
  #startedAt = 0
  #isWhole = false
  /** Of the protocol, as the request has told it; empty until the request is over. */
  #version = ''
  /** `error.type` of what has failed. */
  #type: string | undefined = undefined
  /** 0 for what has not ended, and where the program has ended the span itself. */
  #endedAt = 0
  readonly #kinds: Kinds
  /** Undefined where nothing is measured. */
  readonly #metrics: ServerMetrics | undefined
  readonly #scheme: string
  readonly #beganAt: number

  /** `beganAt` is on the monotonic clock; `scheme` that of the original request, for `metrics` only. */
  constructor(
    context: Context,
    span: Span,
    method: string,
    kinds: Kinds,
    beganAt: number,
    metrics?: ServerMetrics,
    scheme = '',
  ) {
    super(context)
    this.#kinds = kinds
    this.span = span
    this.#method = method
    this.#metrics = metrics
    this.#scheme = scheme
    this.#beganAt = beganAt
    const recording = recordingOf(span)
    if (recording !== undefined) recording.owner = this
    if (metrics === undefined) return
    metrics.active(this.#method, scheme, 1)
    served.onNext?.()
    served.begun++
  }

  /** Of the protocol, as the request has told it. */
  protected abstract versionOf(): string
  /** Whether the client has gone, so that what fails now is none of the server's. */
  protected abstract hasGone(): boolean
  /** Whether an event of `message`, which is heeded, is the request's end. */
  protected abstract isLast(event: string, message: Message): boolean
  /** Who has broken the answer off: `CLIENT_DISCONNECTED` or `SERVER_DISCONNECTED`. */
  protected abstract breaker(): string
  /** The error with which the server has broken the answer off. */
  protected abstract brokenWith(): unknown
  /** Forgets the request: its span waits for others, to be encoded with them, and would keep it in memory. */
  protected abstract letGo(): void

  /**
   * The matched route's template, `/users/:id`; or how to find it at the end. The last word wins, but
   * for one that finds none then: express in fastify may have nothing to say. What comes after the end does not count.
   */
  setRoute(route: string | RouteOf): void {
    if (this.isOver) return
    this.#routeOf = typeof route === 'string' ? undefined : route
    if (typeof route === 'string') this.#route = route
  }

  /**
   * An error that left the program's handlers. Recorded, once, if the answer is a server error (5xx)
   * or never whole; an error that the program turns into another answer is none of the server's.
   * Neither is what fails because the client has gone.
   */
  setError(error: unknown): void {
    if (this.isOver || this.#errorAt !== 0 || this.hasGone()) return
    this.#error = error
    this.#errorAt = now()
  }

  /** Of the response's head; 0 until that is written. */
  get status(): number {
    return this.#status
  }

  /** The head is being written; `endsAtOnce` if all that follows is there with it. */
  protected begins(status: number, endsAtOnce: boolean): void {
    this.#status = status
    if (this.span.isRecording() && !endsAtOnce) this.#startedAt = now()
  }

  override heeds(event: string): boolean {
    return !this.isOver && (event === 'close' || event === 'finish')
  }

  override before(event: string): void {
    if (event === 'finish') this.#isWhole = true
  }

  /** After the program's own listeners, which may still set attributes. */
  override after(event: string, message: Message): void {
    if (this.isOver || !this.isLast(event, message)) return
    this.isOver = true
    if (this.#metrics !== undefined) served.ended++
    if (!this.#isWhole) this.#noteBreak()
    this.#type = this.#errorType()
    try {
      // Not later: the program may go on with the request.
      this.#setRouteMatched()
    } finally {
      this.#version = this.versionOf()
      this.#end()
      this.letGo()
      this.#routeOf = undefined
      this.#error = undefined
      this.notes = undefined
    }
  }

  #end(): void {
    const recording = recordingOf(this.span)
    if (recording?.isRecording() !== true) {
      this.#route ??= toldRoute(this.span)
      if (this.#metrics !== undefined) this.#measure(this.#metrics, this.#kind(), now())
      return
    }
    if (this.#type !== undefined) this.#recordFailure()
    const endMillis = now()
    if (this.#startedAt !== 0 && endMillis - this.#startedAt >= STREAMED_MILLIS) {
      recording.addEvent(FIRST_BYTE, this.#startedAt)
    }
    this.#endedAt = endMillis
    recording.endAt(endMillis)
  }

  /** Measures the request, and puts its kind on the span. */
  conclude(): void {
    if (this.#endedAt === 0) return
    const { span } = this
    const recording = recordingOf(span)
    const told = this.#route === undefined ? toldRoute(span) : undefined
    this.#route ??= told
    const kind = this.#kind()
    if (this.#type !== undefined || !kind.tellServed(recording)) {
      if (this.#type === undefined && this.#status !== 0) recordServerStatus(span, this.#status)
      const hasOwnName = told !== undefined && recording?.name !== methodName(this.#method)
      if (kind.target !== undefined && !hasOwnName) this.#recordRoute(kind.target)
    }
    if (this.#metrics !== undefined) this.#measure(this.#metrics, kind, this.#endedAt)
  }

  /** An error with which the program has destroyed the answer is one that left it, too. */
  #noteBreak(): void {
    if (this.#errorAt !== 0 || this.breaker() === CLIENT_DISCONNECTED) return
    const error = this.brokenWith()
    if (!error) return
    this.#error = error
    this.#errorAt = now()
  }

  #kind(): Kind {
    return this.#kinds.of(this.#route, this.#method, this.#scheme, this.#status, this.#type, this.#version, undefined)
  }

  #measure(metrics: ServerMetrics, kind: Kind, endMillis: number): void {
    metrics.ended(kind, this.#beganAt, endMillis, this.span)
    metrics.active(this.#method, this.#scheme, -1)
  }

  describe(): void {
    if (this.#status !== 0) recordServerStatus(this.span, this.#status)
    if (this.#errorAt !== 0) this.#recordError()
    this.#setRouteMatched()
    if (this.#route !== undefined) this.#recordRoute(this.#route)
  }

  /** `error.type` of what has ended; undefined for what has not failed. */
  #errorType(): string | undefined {
    if (this.#errorAt !== 0 && (this.#status >= 500 || !this.#isWhole)) return errorType(this.#error)
    if (!this.#isWhole) return this.breaker()
    return this.#status >= 500 ? String(this.#status) : undefined
  }

  #recordFailure(): void {
    const { span } = this
    if (this.#status !== 0) recordServerStatus(span, this.#status)
    if (!this.#isWhole) span.setAttribute('error.type', this.breaker())
    if (this.#errorAt !== 0 && (this.#status >= 500 || !this.#isWhole)) this.#recordError()
  }

  /** An empty one is none. */
  #setRouteMatched(): void {
    this.#route = (this.#routeOf?.() ?? this.#route) || undefined
  }

  #recordRoute(route: string): void {
    this.span.setAttribute(HTTP_ROUTE, route)
    this.span.updateName(`${methodName(this.#method)} ${route}`)
  }

  #recordError(): void {
    // Never another kind: others have no owner and are never described.
    recordingOf(this.span)?.recordUnhandled(this.#error, this.#errorAt)
    this.span.setAttribute('error.type', errorType(this.#error))
    this.span.setStatus({ code: 2, message: ownText(messageOf(this.#error)) })
  }
}

/** The route that the program, or another package, has put on the span itself. */
function toldRoute(span: Span): string | undefined {
  const recording = recordingOf(span)
  const told =
    recording === undefined
      ? span instanceof NonRecordingSpan && span.route
      : attributeIn(recording.attributes, HTTP_ROUTE)
  return (typeof told === 'string' && told) || undefined
}

/** Tells the route where the request is not at hand: to the span of its context, as the program itself would. */
export function tellRoute(context: Context, route: string): void {
  spanOf(context)?.setAttribute(HTTP_ROUTE, route)
}

/** The traced request behind a request object of node:http or node:http2; undefined where it is not traced. */
export function servedRequest(request: object): ServedRequest | undefined {
  const life = lifeOf(request as Message)
  return life instanceof ServedRequest ? life : undefined
}
