import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Context, Span } from '@opentelemetry/api'
import type { Kinds } from '../../src/instrumentation/http-kinds.js'
import type { ServerMetrics } from '../../src/instrumentation/http-metrics.js'
import { propertyOf } from '../../src/instrumentation/kit.js'
import type { Message } from '../../src/instrumentation/message.js'
import { CLIENT_DISCONNECTED, SERVER_DISCONNECTED, ServedRequest } from '../../src/instrumentation/served.js'

/** Errors of a connection that its client has closed, or on which it has sent what is no HTTP or no TLS, or too slowly. */
const FROM_CLIENT = /^(?:E[A-Z]+$|HPE_|ERR_SSL_|ERR_HTTP_REQUEST_TIMEOUT$)/

/** Bytes of a body that is never streamed where it is all there with the head: a socket takes as much at once. */
const AT_ONCE_BYTES = 16_384

/**
 * By their connections, requests that are closed and wait for the answers before theirs: when the connection is lost
 * nothing tells of them with Node.js 20 and 22.
 */
const waiting = new WeakMap<Socket, readonly ServedMessage[]>()

/** A served request of node:http, a message of its own as its response is. */
export class ServedMessage extends ServedRequest {
  /** All until the request is over. */
  #request: IncomingMessage
  #response: ServerResponse
  /** `null` for a request that the program has made itself. Kept, for express makes each look at a message dear. */
  #socket: (Socket & { readonly server?: unknown }) | null

  constructor(
    context: Context,
    span: Span,
    request: IncomingMessage,
    response: ServerResponse,
    kinds: Kinds,
    beganAt: number,
    metrics?: ServerMetrics,
    scheme?: string,
  ) {
    super(context, span, request.method ?? '', kinds, beganAt, metrics, scheme)
    this.#request = request
    this.#response = response
    this.#socket = request.socket
  }

  /** What is answered to a connection that is lost is never sent: a reader of the body may hear of that before its end. */
  override started(): void {
    if (this.isOver || this.hasGone()) return
    this.begins(this.#response.statusCode, endsAtOnce(this.#response))
  }

  protected override versionOf(): string {
    return this.#request.httpVersion
  }

  protected override hasGone(): boolean {
    return this.#socket?.destroyed === true
  }

  /**
   * A response that the program has made itself, for no connection of a server, is never closed. Nor is one with Node.js
   * 20 that waits for those before it when its connection is lost: its request is, where it was not closed before.
   */
  protected override isLast(event: string, message: Message): boolean {
    const socket = this.#socket
    if (!socket?.server) return message === this.#response
    return event === 'close' && (message === this.#response || (this.#response.socket === null && socket.destroyed))
  }

  override after(event: string, message: Message): void {
    const socket = this.#socket
    super.after(event, message)
    if (event !== 'close' || socket === null) return
    if (this.isOver) {
      if (socket.destroyed) ServedMessage.#endWaiting(socket)
    } else if (message === this.#request && this.#response.socket === null && !this.#response.writableFinished) {
      this.#waitFor(socket)
    }
  }

  #waitFor(socket: Socket): void {
    const others = waiting.get(socket) ?? []
    waiting.set(
      socket,
      [...others, this].filter(({ isOver }) => !isOver),
    )
  }

  static #endWaiting(socket: Socket): void {
    const requests = waiting.get(socket) ?? []
    waiting.delete(socket)
    for (const request of requests) request.after('close', request.#response)
  }

  protected override breaker(): string {
    if (this.#destroyedWith()) return SERVER_DISCONNECTED
    const { errored, readableEnded } = this.#socket ?? {}
    const isClient = errored ? FROM_CLIENT.test(String(propertyOf(errored, 'code'))) : readableEnded === true
    return isClient ? CLIENT_DISCONNECTED : SERVER_DISCONNECTED
  }

  protected override brokenWith(): unknown {
    return this.#destroyedWith() ?? this.#socket?.errored
  }

  protected override letGo(): void {
    this.#request = undefined as never
    this.#response = undefined as never
    this.#socket = null
  }

  /** Node.js itself destroys, as aborted, responses that still wait for those before them on their connection. */
  #destroyedWith(): Error | null | undefined {
    return this.#response.socket === null ? undefined : this.#response.errored
  }
}

/** Whether `end` is writing the head, with a short body: Node.js notes the length of the body then, and only then. */
function endsAtOnce(response: ServerResponse & { readonly _contentLength?: number | null }): boolean {
  const { _contentLength: length } = response
  return typeof length === 'number' && length <= AT_ONCE_BYTES
}
