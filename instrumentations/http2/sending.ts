import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import type { Context, Span, TextMapSetter } from '@opentelemetry/api'
import { BAGGAGE, joinBaggage } from '../../src/instrumentation/baggage-header.js'
import { isSigned } from '../../src/instrumentation/http.js'
import type { HeaderValue } from '../../src/instrumentation/http-rules.js'
import type { Kit, SharedAttributes } from '../../src/instrumentation/kit.js'
import { MessageLife, setLife } from '../../src/instrumentation/message.js'
import { splitHost } from '../../src/instrumentation/url.js'
import { copyList, type Fields, type Headers } from './fields.js'
import { defaultPort, type Server, serverOf } from './sessions.js'
import type { Stream } from './streams.js'

/** A request that is about to be sent. */
export interface Outgoing {
  /** What is to be sent in place of the program's headers. */
  readonly headers: Headers
  follow(stream: ClientHttp2Stream): void
  /** There is no stream: node:http2 has refused the request. */
  fail(error: unknown): void
}

/** The traced call that a stream is to be, which may fail before there is one. */
export interface SentLife extends MessageLife {
  sent(stream: ClientHttp2Stream): void
  failed(error: unknown): void
}

/** A request as its head tells it. */
export interface Sent {
  readonly fields: Fields
  readonly method: string
  readonly path: string
  readonly scheme: string
  readonly authority: string
  readonly host: string
  readonly port: number
  /** `server.address` and `server.port`. */
  readonly shared: SharedAttributes
}

interface Started {
  readonly life: MessageLife
  readonly span: Span
}

/** Programs call some tens of servers; of crawlers' each is told anew. */
const MAX_SERVERS = 200

/** The requests of one protocol that this process sends. */
export abstract class Sending {
  protected readonly kit: Kit
  readonly #servers = new Map<string, Pick<Sent, 'host' | 'port' | 'shared'>>()

  constructor(kit: Kit) {
    this.kit = kit
  }

  /** Undefined for a request that is not to be traced. */
  begin(session: ClientHttp2Session, headers: Headers, fields: Fields): Outgoing | undefined {
    const server = serverOf(session)
    if (server === undefined) return undefined
    const sent = this.#readHead(fields, server)
    const { kit } = this
    const { http } = kit
    const parent = kit.active()
    const { life, span } =
      http?.ignoresHost(sent.host) === true
        ? { life: new MessageLife(parent), span: kit.skip(parent) }
        : this.start(sent, parent, kit.now())
    const isSignedRequest = http?.skipsSigned !== false && isSigned(fields.authorization)
    const isTold = !isSignedRequest && http?.propagatesTo(sent.host) !== false
    return {
      headers: isTold ? this.#inject(headers, fields, kit.withSpan(parent, span)) : headers,
      follow: (stream) => {
        if (isSentLife(life)) life.sent(stream)
        setLife(stream as Stream<ClientHttp2Stream>, life)
      },
      fail: (error) => {
        if (isSentLife(life)) life.failed(error)
      },
    }
  }

  /** Starts the span, below `parent`. `beganAt` is on the monotonic clock. */
  protected abstract start(sent: Sent, parent: Context, beganAt: number): Started

  #readHead(fields: Fields, server: Server): Sent {
    const authority = textOf(fields[':authority'] ?? fields.host) ?? server.authority
    const scheme = textOf(fields[':scheme']) ?? server.scheme
    const path = textOf(fields[':path']) ?? '/'
    const method = textOf(fields[':method']) ?? 'GET'
    return { fields, method, path, scheme, authority, ...this.#placeOf(scheme, authority) }
  }

  #placeOf(scheme: string, authority: string): Pick<Sent, 'host' | 'port' | 'shared'> {
    const key = `${scheme}://${authority}`
    let place = this.#servers.get(key)
    if (place === undefined) {
      const { host, port = defaultPort(scheme) } = splitHost(authority.slice(authority.lastIndexOf('@') + 1))
      place = { host, port, shared: this.kit.share(['server.address', host, 'server.port', port]) }
      if (this.#servers.size < MAX_SERVERS) this.#servers.set(key, place)
    }
    return place
  }

  /** A copy with the headers of the trace, in the place of those that the caller has put there himself. */
  #inject(headers: Headers, fields: Fields, context: Context): Headers {
    const added: Record<string, string> = {}
    this.kit.inject(context, added, objectSetter)
    if (added[BAGGAGE] !== undefined) added[BAGGAGE] = joinBaggage(fields[BAGGAGE], added[BAGGAGE])
    const replaced = new Set([...this.kit.parentFields(), ...Object.keys(added)])
    if (Array.isArray(headers)) {
      const copy = copyList(headers)
      for (let i = copy.length - 2; i >= 0; i -= 2) if (replaced.has(String(copy[i]).toLowerCase())) copy.splice(i, 2)
      copy.push(...Object.entries(added).flat())
      return copy
    }
    // node:http2 copies headers so, too: by a symbol programs mark some as sensitive.
    const copy = { ...headers } as Record<string, HeaderValue>
    for (const name of Object.keys(copy)) if (replaced.has(name.toLowerCase())) delete copy[name]
    return Object.assign(copy, added)
  }
}

function textOf(value: HeaderValue): string | undefined {
  return value === undefined || value === '' ? undefined : String(value)
}

function isSentLife(life: MessageLife): life is SentLife {
  return 'sent' in life
}

const objectSetter: TextMapSetter<Record<string, string>> = {
  set: (headers, name, value) => {
    headers[name] = value
  },
}
