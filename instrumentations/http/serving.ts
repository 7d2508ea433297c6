import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Context, Span, TextMapGetter } from '@opentelemetry/api'
import { methodName, originalMethod, recordServerStatus } from '../../src/instrumentation/http.js'
import { Kinds, servedPlaces } from '../../src/instrumentation/http-kinds.js'
import { ServerMetrics } from '../../src/instrumentation/http-metrics.js'
import { type Describe, type Kit, ownText, type Share, type SharedAttributes } from '../../src/instrumentation/kit.js'
import { lifeOf, type Message, MessageLife, setLife } from '../../src/instrumentation/message.js'
import { ServedRequest } from '../../src/instrumentation/served.js'
import { cover, shadow } from '../../src/instrumentation/shadow.js'
import { UpgradeRequest } from '../../src/instrumentation/upgrade.js'
import { authorityEnd, redactQuery, splitHost } from '../../src/instrumentation/url.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'

export type Scheme = 'http' | 'https'

/** Begins the spans of requests; what it returns is the context in which a request is served. */
export interface Serving {
  /** Undefined for a request that is emitted again, as by a handler of `checkContinue`: it has its span; and for a mock. */
  beginRequest(request: IncomingMessage & Message, response: ServerResponse & Message): Context | undefined
  beginUpgrade(request: IncomingMessage & Message, socket: Socket): Context | undefined
}

/** Loaded when a server listens, or with its first request: many programs serve none. */
export function createServing(scheme: Scheme, kit: Kit): Serving {
  // Loads the propagators too.
  kit.propagationFields()
  const { http } = kit
  const describeOwn: Describe<IncomingMessage> =
    http === undefined || http.server.request.length === 0
      ? describeRequest
      : (request) =>
          http.captureInto(describeRequest(request), 'request', http.server.request, (name) =>
            http.receivedHeader(request, name),
          )
  const describeAll = (request: IncomingMessage) => [
    ...describeOwn(request, undefined),
    ...describeParties(request, scheme),
  ]
  const describe: Describe<IncomingMessage> = (request, shared) =>
    shared === undefined ? describeAll(request) : describeOwn(request, shared)
  const share: Share<IncomingMessage> = (request) => sharedParties(request, scheme, kit)
  const kinds = new Kinds()
  let metrics: ServerMetrics | undefined
  return { beginRequest, beginUpgrade }

  function measuring(): ServerMetrics | undefined {
    if (kit.hasMeter) metrics ??= new ServerMetrics(kit)
    return metrics
  }

  function beginRequest(request: IncomingMessage & Message, response: ServerResponse & Message): Context | undefined {
    if (!areMessages(request, response) || lifeOf(request) !== undefined) return undefined
    const parent = kit.extract(request, headerGetter)
    const beganAt = kit.now()
    const span = start(request, parent, beganAt)
    const context = kit.withSpan(parent, span)
    const metrics = measuring()
    const life =
      metrics === undefined && !span.isRecording()
        ? new MessageLife(context)
        : new ServedRequest(
            context,
            span,
            request,
            response,
            kinds,
            beganAt,
            metrics,
            metrics && originalScheme(request, scheme),
          )
    setLife(request, life)
    setLife(response, life)
    return context
  }

  function beginUpgrade(request: IncomingMessage & Message, socket: Socket): Context | undefined {
    if (request?.socket === undefined || lifeOf(request) !== undefined) return undefined
    const parent = kit.extract(request, headerGetter)
    const span = start(request, parent, kit.now())
    const context = kit.withSpan(parent, span)
    setLife(request, new UpgradeRequest(context, span, request.method ?? ''))
    endAtFirstWrite(socket, span)
    return context
  }

  function start(request: IncomingMessage, parent: Context, beganAt: number): Span {
    if (http?.ignoresPath(originForm(request.url ?? '')) === true) return kit.skip(parent)
    return kit.startServer(methodName(request.method ?? ''), parent, describe, request, share, beganAt)
  }
}

/** What a program hands to a server itself may be anything that its handler takes; the end of that is not heard of. */
function areMessages(request: Partial<IncomingMessage> | undefined, response: object | undefined): boolean {
  return response !== undefined && '_storeHeader' in response && request?.socket !== undefined
}

const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)/

/**
 * An upgraded connection answers through the socket: the status is in the first bytes written, by `write` or, where
 * the upgrade is refused, by `end`; and what follows is no longer HTTP. The socket gets no listener: programs that take
 * all of them away do not mean ours.
 */
function endAtFirstWrite(socket: Socket, span: Span): void {
  if (!span.isRecording()) return
  const restoreWrite = shadow(socket, 'write', answer)
  const restoreEnd = shadow(socket, 'end', answer)
  const restoreEmit = cover(socket, 'emit', listen)

  function answer(write: AnyFunction, args: unknown[]): unknown {
    const [head] = args
    const text = typeof head === 'string' ? head : Buffer.isBuffer(head) ? head.toString('latin1', 0, 12) : ''
    const status = STATUS_LINE.exec(text)
    if (status !== null) recordServerStatus(span, Number(status[1]))
    finish()
    return write(...args)
  }

  function listen(emit: AnyFunction, args: unknown[]): unknown {
    if (args[0] === 'close') finish()
    return emit(...args)
  }

  function finish(): void {
    restoreWrite()
    restoreEnd()
    restoreEmit()
    span.end()
  }
}

const headerGetter: TextMapGetter<IncomingMessage> = {
  get: (request, name) => request.headers[name],
  keys: (request) => Object.keys(request.headers),
}

/** What is told of each request. */
function describeRequest(request: IncomingMessage): (string | number | undefined)[] {
  const method = request.method ?? ''
  const target = originForm(request.url ?? '')
  const question = target.indexOf('?')
  const attributes = servedPlaces(method, ownText(question === -1 ? target : target.slice(0, question)))
  const original = originalMethod(method)
  if (original !== undefined) attributes.push('http.request.method_original', original)
  if (question !== -1 && question !== target.length - 1) {
    attributes.push('url.query', ownText(redactQuery(target.slice(question + 1))))
  }
  return attributes
}

/** What is told of who asks whom; the same for all requests of most connections. */
function describeParties({ headers, socket, httpVersion }: IncomingMessage, scheme: Scheme) {
  const { 'user-agent': userAgent } = headers
  const forwarded = headers.forwarded === undefined ? undefined : parseForwarded(headers.forwarded)
  const authority = forwarded?.host ?? firstOf(headers['x-forwarded-host']) ?? headers.host
  const server = authority === undefined || authority === '' ? undefined : splitHost(authority)
  const peer = socket.remoteAddress
  const client = forwarded?.for ?? firstOf(headers['x-forwarded-for'])
  return [
    'url.scheme',
    forwarded?.proto ?? firstOf(headers['x-forwarded-proto']) ?? schemeOf(socket, scheme),
    'server.address',
    server?.host,
    'server.port',
    server?.port,
    'client.address',
    client === undefined ? peer : splitHost(client).host,
    'network.peer.address',
    peer,
    'network.peer.port',
    socket.remotePort,
    'network.protocol.version',
    httpVersion,
    'user_agent.original',
    userAgent === undefined ? undefined : ownText(userAgent),
  ]
}

/** Where a socket keeps what was told of its requests. */
const PARTIES: unique symbol = Symbol('autospan.http.parties')
/** Connections whose clients change more often are those of proxies, on which nothing is gained by keeping. */
const MAX_CHANGES = 4

interface Parties {
  readonly host: string | undefined
  readonly userAgent: string | undefined
  readonly httpVersion: string
  readonly changes: number
  readonly shared: SharedAttributes
}

/** The parties of a request, kept on its connection; undefined where they differ from request to request. */
function sharedParties(request: IncomingMessage, scheme: Scheme, kit: Kit): SharedAttributes | undefined {
  const { headers, httpVersion } = request
  if (
    headers['x-forwarded-for'] !== undefined ||
    headers.forwarded !== undefined ||
    headers['x-forwarded-proto'] !== undefined ||
    headers['x-forwarded-host'] !== undefined
  ) {
    return undefined
  }
  const { host, 'user-agent': userAgent } = headers
  const socket = request.socket as Socket & { [PARTIES]?: Parties }
  const known = socket[PARTIES]
  if (known !== undefined && known.host === host && known.userAgent === userAgent && known.httpVersion === httpVersion)
    return known.shared
  const changes = known === undefined ? 0 : known.changes + 1
  if (changes > MAX_CHANGES) return undefined
  const shared = kit.share(describeParties(request, scheme))
  const value: Parties = { host, userAgent, httpVersion, changes, shared }
  // Hidden from programs that print sockets.
  if (known === undefined) Object.defineProperty(socket, PARTIES, { value, writable: true })
  else socket[PARTIES] = value
  return shared
}

/** The target of a request in absolute form, as proxies get it, without scheme and authority; no URL is parsed. */
function originForm(target: string): string {
  if (target.charCodeAt(0) === 0x2f || target === '*') return target
  const scheme = target.indexOf('://')
  if (scheme === -1) return target
  return target.slice(authorityEnd(target, scheme + 3)) || '/'
}

/** Of the request as the client sent it. Proxies tell what they like: what is no scheme of HTTP does not count. */
function originalScheme({ headers, socket }: IncomingMessage, scheme: Scheme): Scheme {
  const { forwarded } = headers
  const told = (forwarded && parseForwarded(forwarded).proto) ?? firstOf(headers['x-forwarded-proto'])
  return told === 'http' || told === 'https' ? told : schemeOf(socket, scheme)
}

/** A server of node:http may be fed with sockets of TLS by hand. */
function schemeOf(socket: Socket, scheme: Scheme): Scheme {
  return (socket as TLSSocket).encrypted === true ? 'https' : scheme
}

/** The first of the comma-separated values that proxies append to. */
function firstOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  const text = Array.isArray(header) ? (header[0] ?? '') : header
  const comma = text.indexOf(',')
  const first = (comma === -1 ? text : text.slice(0, comma)).trim()
  return first === '' ? undefined : first
}

/** The first element of `Forwarded` (RFC 7239): quoted values, `_obfuscated` and `unknown` as they are. */
function parseForwarded(header: string): { for?: string; host?: string; proto?: string } {
  const element: { for?: string; host?: string; proto?: string } = {}
  for (const pair of (firstOf(header) ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals === -1) continue
    const name = pair.slice(0, equals).trim().toLowerCase()
    if (name !== 'for' && name !== 'host' && name !== 'proto') continue
    const value = pair.slice(equals + 1).trim()
    element[name] = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
  }
  return element
}
