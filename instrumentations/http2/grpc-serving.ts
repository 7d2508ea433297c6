import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Context, Span } from '@opentelemetry/api'
import {
  CallDurations,
  describeCall,
  methodOf,
  type Outcome,
  outcomeIn,
  outcomeOfHttp,
  recordBreak,
  recordOutcome,
} from '../../src/instrumentation/grpc.js'
import type { Describe, Kit } from '../../src/instrumentation/kit.js'
import { MessageLife, served } from '../../src/instrumentation/message.js'
import { SERVER_DISCONNECTED } from '../../src/instrumentation/served.js'
import { splitHost } from '../../src/instrumentation/url.js'
import { isBrokenHere, isWhole, statusOf } from './served-stream.js'
import { type Asked, Serving } from './serving.js'
import { isLastOf, type StreamLife } from './streams.js'

/** The calls of gRPC that this process serves. */
export class GrpcServing extends Serving {
  #durations: CallDurations | undefined = undefined

  protected override start(stream: ServerHttp2Stream, asked: Asked, parent: Context, beganAt: number): MessageLife {
    const { kit } = this
    const method = methodOf(asked.path)
    const span = kit.startServer(method ?? 'grpc', parent, describe, asked, () => undefined, beganAt)
    const context = kit.withSpan(parent, span)
    if (kit.hasMeter) this.#durations ??= new CallDurations(kit, 'server')
    const isWatched = this.#durations !== undefined || span.isRecording()
    if (!isWatched) return new MessageLife(context)
    return new ServedCall(context, span, stream, asked.session, method, beganAt, kit, this.#durations)
  }
}

/** A call, from its head to the end of its stream. */
class ServedCall extends MessageLife implements StreamLife {
  readonly #span: Span
  readonly #stream: ServerHttp2Stream
  /** The stream's, which that forgets when it ends. */
  readonly #session: Http2Session
  readonly #method: string | undefined
  readonly #beganAt: number
  readonly #kit: Kit
  readonly #durations: CallDurations | undefined
  #isClosedHere = false
  /** The event of which the program is being told. */
  #isLast = false

  constructor(
    context: Context,
    span: Span,
    stream: ServerHttp2Stream,
    session: Http2Session,
    method: string | undefined,
    beganAt: number,
    kit: Kit,
    durations: CallDurations | undefined,
  ) {
    super(context)
    this.#span = span
    this.#stream = stream
    this.#session = session
    this.#method = method
    this.#beganAt = beganAt
    this.#kit = kit
    this.#durations = durations
    served.onNext?.()
    served.begun++
  }

  closing(): void {
    this.#isClosedHere = true
  }

  override heeds(event: string): boolean {
    return !this.isOver && (event === 'close' || event === 'error')
  }

  override before(event: string): void {
    this.#isLast = isLastOf(this.#stream, event)
  }

  override after(): void {
    if (!this.#isLast) return
    this.isOver = true
    served.ended++
    const outcome = this.#outcome()
    const type =
      outcome === undefined
        ? recordBreak(this.#span, this.#stream.errored, SERVER_DISCONNECTED)
        : recordOutcome(this.#span, outcome, true)
    const endMillis = this.#kit.now()
    // Of methods that are not there anybody may ask for arbitrary many.
    const method = outcome?.status === 'UNIMPLEMENTED' ? undefined : this.#method
    this.#durations?.record(method, outcome?.status, type, undefined, undefined, this.#beganAt, endMillis, this.#span)
    this.#span.end()
  }

  /** Undefined for a call that the server has broken off. */
  #outcome(): Outcome | undefined {
    const { sentTrailers, sentHeaders } = this.#stream
    const told = outcomeIn(sentTrailers) ?? outcomeIn(sentHeaders)
    if (told !== undefined) return told
    const status = statusOf(this.#stream)
    if (status !== 200 && isWhole(this.#stream)) return outcomeOfHttp(status)
    if (isBrokenHere(this.#stream, this.#session, this.#isClosedHere)) return undefined
    return { status: 'CANCELLED', message: undefined }
  }
}

const describe: Describe<Asked> = ({ path, authority, socket }) => {
  const server = authority === undefined || authority === '' ? undefined : splitHost(authority)
  const { remoteAddress, remotePort } = socket
  return [
    ...describeCall(methodOf(path)),
    'server.address',
    server?.host,
    'server.port',
    server?.port,
    'client.address',
    remoteAddress,
    'network.peer.address',
    remoteAddress,
    'network.peer.port',
    remotePort,
  ]
}
