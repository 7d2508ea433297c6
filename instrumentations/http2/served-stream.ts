import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Context, Span } from '@opentelemetry/api'
import { recordServerStatus } from '../../src/instrumentation/http.js'
import type { Kinds } from '../../src/instrumentation/http-kinds.js'
import type { ServerMetrics } from '../../src/instrumentation/http-metrics.js'
import type { HttpRules } from '../../src/instrumentation/http-rules.js'
import { propertyOf } from '../../src/instrumentation/kit.js'
import { CLIENT_DISCONNECTED, SERVER_DISCONNECTED, ServedRequest } from '../../src/instrumentation/served.js'
import { UpgradeRequest } from '../../src/instrumentation/upgrade.js'
import type { Asked } from './serving.js'
import { isLastOf, type StreamLife, VERSION } from './streams.js'

/** With which node:http2 fails a stream that the other side has reset. */
const FROM_CLIENT = /^ERR_HTTP2_(?:STREAM|SESSION)_ERROR$/
/** And one whose connection is lost. Programs end streams with such errors too, of a file or of a service behind them. */
const FROM_SYSTEM = /^E[A-Z]+$/
/** With which `pipeline` fails a stream that somebody else has closed before, or whose source was closed too early. */
const PREMATURE = 'ERR_STREAM_PREMATURE_CLOSE'
/** Of HTTP/2: with which Node.js resets streams that fail here. */
const INTERNAL_ERROR = 2

/** A served request that is a stream of node:http2. */
export class ServedStream extends ServedRequest implements StreamLife {
  /** Until the request is over. */
  #stream: ServerHttp2Stream
  /** The stream's, which that forgets when it ends. */
  #session: Http2Session
  readonly #http: HttpRules | undefined
  #isClosedHere = false
  /** By the client, with whatever code: Node.js as a client gives none. */
  #isCancelled = false
  /** The event of which the program is being told. */
  #isLast = false

  constructor(
    context: Context,
    span: Span,
    stream: ServerHttp2Stream,
    { method, session }: Asked,
    kinds: Kinds,
    beganAt: number,
    metrics?: ServerMetrics,
    scheme?: string,
    http?: HttpRules,
  ) {
    super(context, span, method, kinds, beganAt, metrics, scheme)
    this.#stream = stream
    this.#session = session
    this.#http = http
  }

  override started(): void {
    if (!this.isOver) this.begins(statusOf(this.#stream), this.#stream.writableEnded)
  }

  closing(): void {
    this.#isClosedHere = true
  }

  override heeds(event: string): boolean {
    return super.heeds(event) || (!this.isOver && (event === 'aborted' || event === 'error'))
  }

  override before(event: string): void {
    this.#isLast = isLastOf(this.#stream, event)
    if (event === 'aborted') this.#isCancelled = !this.#isClosedHere && !this.#stream.destroyed
    else if (this.#isLast) this.#close()
    // Of an answer that is a file, which Node.js sends by itself, this is only the beginning; and one that is broken off
    // it finishes itself.
    else if (this.status !== 0 && !this.#stream.aborted) super.before(event)
  }

  #close(): void {
    if (this.status === 0 && this.#stream.headersSent) this.begins(statusOf(this.#stream), true)
    if (isWhole(this.#stream)) super.before('finish')
    this.#http?.captureResponse(this.span, this.#http.server.response, (name) => this.#stream.sentHeaders?.[name])
  }

  protected override versionOf(): string {
    return VERSION
  }

  protected override hasGone(): boolean {
    return this.#stream.destroyed || this.#stream.aborted
  }

  protected override isLast(): boolean {
    return this.#isLast
  }

  protected override breaker(): string {
    if (this.#isCancelled) return CLIENT_DISCONNECTED
    return isBrokenHere(this.#stream, this.#session, this.#isClosedHere) ? SERVER_DISCONNECTED : CLIENT_DISCONNECTED
  }

  protected override brokenWith(): unknown {
    return this.#stream.errored
  }

  protected override letGo(): void {
    this.#stream = undefined as never
    this.#session = undefined as never
  }
}

/** A tunnel, or another protocol on a stream (RFC 8441): its span ends with the answer, for what follows is no HTTP. */
export class ServedTunnel extends UpgradeRequest {
  readonly #span: Span
  readonly #stream: ServerHttp2Stream

  constructor(context: Context, span: Span, method: string, stream: ServerHttp2Stream) {
    super(context, span, method)
    this.#span = span
    this.#stream = stream
  }

  override started(): void {
    if (this.isOver) return
    recordServerStatus(this.#span, statusOf(this.#stream))
    this.#end()
  }

  override heeds(event: string): boolean {
    return event === 'close' && !this.isOver
  }

  override after(): void {
    this.#end()
  }

  #end(): void {
    this.isOver = true
    this.#span.end()
  }
}

/** Whether all of an answer has been sent before its stream has closed: Node.js does not always tell by `finish`. */
export function isWhole({ headersSent, aborted, rstCode, errored }: ServerHttp2Stream): boolean {
  return headersSent && !aborted && rstCode === 0 && !errored
}

/** Whether a stream that has ended too early was broken off by this side. */
export function isBrokenHere(stream: ServerHttp2Stream, session: Http2Session, isClosedHere: boolean): boolean {
  if (isClosedHere) return true
  const { errored } = stream
  if (!errored) return stream.rstCode === 0
  const code = String(propertyOf(errored, 'code'))
  if (code === PREMATURE) return stream.rstCode === INTERNAL_ERROR
  return !FROM_CLIENT.test(code) && !(session.destroyed && FROM_SYSTEM.test(code))
}

export function statusOf({ sentHeaders }: ServerHttp2Stream): number {
  return Number(sentHeaders?.[':status'] ?? 200)
}
