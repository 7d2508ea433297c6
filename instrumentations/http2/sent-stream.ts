import type { ClientHttp2Stream, Http2Session, IncomingHttpHeaders } from 'node:http2'
import type { Context } from '@opentelemetry/api'
import { isAbort, timeoutError } from '../../src/instrumentation/http.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { type Message, MessageLife } from '../../src/instrumentation/message.js'
import type { SentCall } from '../../src/instrumentation/sent.js'
import type { Sent, SentLife } from './sending.js'
import { type StreamLife, tellPeerOf, VERSION } from './streams.js'

/** The life of a sent request: to the answer's end, an error, or the loss of its stream. */
export class SentStream extends MessageLife implements SentLife, StreamLife {
  readonly #call: SentCall
  readonly #sent: Sent
  readonly #kit: Kit
  #stream: ClientHttp2Stream | undefined
  /** The stream's, which that forgets when it ends. */
  #session: Http2Session | undefined
  #isAnswered = false
  #isClosedHere = false
  /** The caller has waited for too long, and therefore closed the stream. */
  #hasTimedOut = false

  constructor(context: Context, call: SentCall, sent: Sent, kit: Kit) {
    super(context)
    this.#call = call
    this.#sent = sent
    this.#kit = kit
  }

  sent(stream: ClientHttp2Stream): void {
    this.#stream = stream
    this.#session = stream.session
  }

  failed(error: unknown): void {
    if (this.isOver) return
    if (!isAbort(error)) this.#call.failed(error)
    this.#end()
  }

  closing(): void {
    this.#isClosedHere = true
  }

  override heeds(event: string): boolean {
    if (this.isOver) return false
    switch (event) {
      case 'response':
      case 'timeout':
      case 'error':
      case 'end':
      case 'close':
        return true
      default:
        return false
    }
  }

  override before(event: string, _message: Message, argument: unknown): void {
    switch (event) {
      case 'response':
        this.#answered(argument as IncomingHttpHeaders)
        break
      case 'error':
        this.failed(argument)
        break
      case 'end':
        // Where there is no answer, or one that was cut off, the stream's end is only that of what could be read.
        if (this.#isAnswered && this.#stream?.rstCode === 0) this.#end()
        break
      case 'close':
        this.#close()
    }
  }

  override after(event: string): void {
    if (event === 'timeout' && this.#stream?.closed === true) this.#hasTimedOut = true
  }

  #answered(headers: IncomingHttpHeaders): void {
    this.#isAnswered = true
    this.#call.answered(Number(headers[':status']) || 0, VERSION)
    const { http } = this.#kit
    http?.captureResponse(this.#call.span, http.client.response, (name) => headers[name])
    if (this.#sent.method === 'CONNECT') this.#end()
  }

  /** Without an end and without an error: not read, reset by the other side without a reason, or closed by the caller. */
  #close(): void {
    const code = this.#stream?.rstCode ?? 0
    if (this.#hasTimedOut) this.#call.failed(timeoutError())
    else if (!this.#isClosedHere && (code !== 0 || !this.#isAnswered)) {
      const error = new Error(`the stream was closed with code ${code} of HTTP/2 before its answer was whole`)
      this.#call.failed(Object.assign(error, { code: 'ERR_HTTP2_STREAM_ERROR' }))
    }
    this.#end()
  }

  #end(): void {
    this.isOver = true
    tellPeerOf(this.#call.span, this.#sent, this.#session)
    this.#stream = undefined
    this.#session = undefined
    this.#call.end(this.#kit.now(), this.#sent.port)
  }
}
