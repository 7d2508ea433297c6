import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Context, TextMapGetter } from '@opentelemetry/api'
import { originForm, type Scheme } from '../../src/instrumentation/asked.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { lifeOf, MessageLife, setLife } from '../../src/instrumentation/message.js'
import type { Stream } from './streams.js'

/** A request as its head tells it. */
export interface Asked {
  readonly headers: IncomingHttpHeaders
  readonly method: string
  readonly path: string
  /** Of the service, as the client has it. */
  readonly authority: string | undefined
  readonly scheme: Scheme
  readonly session: Http2Session
  /** For its addresses: node:http2 keeps all else to itself. */
  readonly socket: Socket
}

/** The requests of one protocol that this process serves. */
export abstract class Serving {
  protected readonly kit: Kit

  constructor(kit: Kit) {
    this.kit = kit
  }

  /** Begins the span of a request; the context in which it is served. Undefined for one that has its span. */
  begin(stream: Stream<ServerHttp2Stream>, headers: IncomingHttpHeaders): Context | undefined {
    const asked = askedBy(stream, headers)
    if (asked === undefined || lifeOf(stream) !== undefined) return undefined
    const { kit } = this
    const parent = kit.extract(headers, headerGetter)
    const life =
      kit.http?.ignoresPath(originForm(asked.path)) === true
        ? new MessageLife(kit.withSpan(parent, kit.skip(parent)))
        : this.start(stream, asked, parent, kit.now())
    setLife(stream, life)
    return life.context
  }

  /** Starts the span, below `parent`. `beganAt` is on the monotonic clock. */
  protected abstract start(stream: ServerHttp2Stream, asked: Asked, parent: Context, beganAt: number): MessageLife
}

/** Undefined where the connection has gone meanwhile. */
function askedBy({ session }: ServerHttp2Stream, headers: IncomingHttpHeaders): Asked | undefined {
  const socket = session?.socket
  if (session === undefined || socket === undefined) return undefined
  const { ':method': method = '', ':path': path = '', ':authority': authority = headers.host } = headers
  const scheme = headers[':scheme'] === 'https' || session.encrypted === true ? 'https' : 'http'
  return { headers, method, path, authority, scheme, session, socket: socket as Socket }
}

const headerGetter: TextMapGetter<IncomingHttpHeaders> = {
  get: (headers, name) => headers[name],
  keys: (headers) => Object.keys(headers),
}
