import type { ClientHttp2Stream, Http2Session, IncomingHttpHeaders } from 'node:http2'
import type { Context, Span } from '@opentelemetry/api'
import {
  CallDurations,
  describeCall,
  methodOf,
  type Outcome,
  outcomeIn,
  outcomeOf,
  outcomeOfHttp,
  outcomeOfReset,
  recordOutcome,
  timeoutOf,
} from '../../src/instrumentation/grpc.js'
import { errorType, recordCallError } from '../../src/instrumentation/http.js'
import { type Describe, type Kit, propertyOf } from '../../src/instrumentation/kit.js'
import { lifeOf, type Message, MessageLife } from '../../src/instrumentation/message.js'
import { splitHost } from '../../src/instrumentation/url.js'
import type { CallStatus, GrpcCall } from './grpc-js.js'
import { Sending, type Sent, type SentLife } from './sending.js'
import { isLastOf, type Stream, type StreamLife, tellPeerOf } from './streams.js'

/** What becomes of a call whose library may attempt it several times, or never. */
export interface Attempts {
  /** Those that got as far as a stream, and so have spans of their own. */
  count: number
  /** The caller's. */
  readonly context: Context
  readonly beganAt: number
}

const ATTEMPTS = Symbol('autospan.grpc.attempts')

/** The caller's context, in which attempts are counted. */
export function withAttempts(attempts: Attempts): Context {
  return attempts.context.setValue(ATTEMPTS, attempts)
}

/** For a call that begins where another one tells its caller: it is none of that one's, which it would keep in memory. */
export function withoutAttempts(context: Context): Context {
  return context.deleteValue(ATTEMPTS)
}

/** Timers fire early, and what is left of a deadline is written down before the request is sent. */
const EARLY_MILLIS = 10

/** The calls of gRPC that this process sends: each attempt that gets as far as a stream. */
export class GrpcSending extends Sending {
  #durations: CallDurations | undefined = undefined

  protected override start(sent: Sent, parent: Context, beganAt: number): { life: MessageLife; span: Span } {
    const attempts = parent.getValue(ATTEMPTS) as Attempts | undefined
    if (attempts !== undefined) attempts.count++
    const { path, shared } = sent
    const span = this.kit.startClient(methodOf(path) ?? 'grpc', parent, describe, path, shared, beganAt)
    const durations = this.#measuring()
    const isWatched = durations !== undefined || span.isRecording()
    const life = isWatched ? new SentCall(parent, span, sent, beganAt, this.kit, durations) : new MessageLife(parent)
    return { life, span }
  }

  /** A call that has failed before there was a stream: there is no connection, no name, or no time left. */
  tellUnsent(
    { method, host: authority }: GrpcCall,
    { code, details }: CallStatus,
    { context, beganAt }: Attempts,
  ): void {
    const { host, port } = splitHost(authority)
    if (this.kit.http?.ignoresHost(host) === true) return
    const shared = this.kit.share(['server.address', host, 'server.port', port])
    const span = this.kit.startClient(methodOf(method) ?? 'grpc', context, describe, method, shared, beganAt)
    const outcome = outcomeOf(code, details)
    const type = recordOutcome(span, outcome, false)
    const endMillis = this.kit.now()
    this.#measuring()?.record(methodOf(method), outcome.status, type, host, port, beganAt, endMillis, span)
    span.end()
  }

  #measuring(): CallDurations | undefined {
    if (this.kit.hasMeter) this.#durations ??= new CallDurations(this.kit, 'client')
    return this.#durations
  }
}

/** The library gives up the call of a stream, and tells its caller that it has ended so. */
export function tellCancel(stream: Stream<ClientHttp2Stream>, code: number, details: string): void {
  const life = lifeOf(stream)
  if (life instanceof SentCall) life.cancelled(outcomeOf(code, details))
}

class SentCall extends MessageLife implements SentLife, StreamLife {
  readonly #span: Span
  readonly #sent: Sent
  readonly #beganAt: number
  readonly #kit: Kit
  readonly #durations: CallDurations | undefined
  #stream: ClientHttp2Stream | undefined
  /** The stream's, which that forgets when it ends. */
  #session: Http2Session | undefined
  #status = 0
  #outcome: Outcome | undefined
  #isClosedHere = false

  constructor(
    context: Context,
    span: Span,
    sent: Sent,
    beganAt: number,
    kit: Kit,
    durations: CallDurations | undefined,
  ) {
    super(context)
    this.#span = span
    this.#sent = sent
    this.#beganAt = beganAt
    this.#kit = kit
    this.#durations = durations
  }

  sent(stream: ClientHttp2Stream): void {
    this.#stream = stream
    this.#session = stream.session
  }

  failed(error: unknown): void {
    if (this.isOver) return
    recordCallError(this.#span, error)
    this.#end(undefined, errorType(error))
  }

  /** What the server has told before counts, but for an answer that cannot be read. */
  cancelled(outcome: Outcome): void {
    if (!this.isOver)
      this.#finish(this.#outcome === undefined || this.#outcome.status === 'OK' ? outcome : this.#outcome)
  }

  closing(): void {
    this.#isClosedHere = true
  }

  override heeds(event: string): boolean {
    if (this.isOver) return false
    switch (event) {
      case 'response':
      case 'trailers':
      case 'end':
      case 'error':
      case 'close':
        return true
      default:
        return false
    }
  }

  override before(event: string, message: Message, argument: unknown): void {
    switch (event) {
      case 'response':
        this.#status = Number((argument as IncomingHttpHeaders)[':status']) || 0
        this.#outcome = outcomeIn(argument as IncomingHttpHeaders)
        break
      case 'trailers':
        this.#outcome = outcomeIn(argument as IncomingHttpHeaders)
        break
      case 'end':
        if (this.#outcome !== undefined) this.#finish(this.#outcome)
        break
      default:
        if (isLastOf(message, event)) this.#finish(this.#outcome ?? this.#outcomeUntold())
    }
  }

  /** Of a call that has ended and was not told how, as libraries of gRPC tell their callers. */
  #outcomeUntold(): Outcome {
    if (this.#status !== 0 && this.#status !== 200) return outcomeOfHttp(this.#status)
    if (this.#isClosedHere) {
      const isLate = this.#kit.now() - this.#beganAt + EARLY_MILLIS >= timeoutOf(this.#sent.fields)
      return { status: isLate ? 'DEADLINE_EXCEEDED' : 'CANCELLED', message: undefined }
    }
    const { rstCode = 0, errored } = this.#stream ?? {}
    // By GOAWAY the server has told why it ends the connection, and all that goes by it.
    const isLost = this.#session?.destroyed !== false && propertyOf(errored, 'code') !== 'ERR_HTTP2_SESSION_ERROR'
    return isLost ? { status: 'UNAVAILABLE', message: 'the connection was lost' } : outcomeOfReset(rstCode)
  }

  #finish(outcome: Outcome): void {
    this.#end(outcome.status, recordOutcome(this.#span, outcome, false))
  }

  #end(status: string | undefined, type: string | undefined): void {
    this.isOver = true
    tellPeerOf(this.#span, this.#sent, this.#session)
    this.#stream = undefined
    this.#session = undefined
    const { path, host, port } = this.#sent
    this.#durations?.record(methodOf(path), status, type, host, port, this.#beganAt, this.#kit.now(), this.#span)
    this.#span.end()
  }
}

const describe: Describe<string> = (path) => describeCall(methodOf(path))
