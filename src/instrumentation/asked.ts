/*
 * What a request that is served tells of itself and of who asks whom, once for all versions of HTTP.
 */

import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { originalMethod } from './http.js'
import { servedPlaces } from './http-kinds.js'
import { type Kit, ownText, type SharedAttributes } from './kit.js'
import { authorityEnd, redactQuery, splitHost } from './url.js'

export type Scheme = 'http' | 'https'

/** What is told of each request. `url` is its target in origin form, or in absolute form. */
export function describeAsked(method: string, url: string): (string | number | undefined)[] {
  const target = originForm(url)
  const question = target.indexOf('?')
  const attributes = servedPlaces(method, ownText(question === -1 ? target : target.slice(0, question)))
  const original = originalMethod(method)
  if (original !== undefined) attributes.push('http.request.method_original', original)
  if (question !== -1 && question !== target.length - 1) {
    attributes.push('url.query', ownText(redactQuery(target.slice(question + 1))))
  }
  return attributes
}

/** Who asks whom: the same for all requests of most connections. `host` is what the request itself tells. */
export function describeParties(
  headers: IncomingHttpHeaders,
  host: string | undefined,
  socket: Socket,
  version: string,
  scheme: Scheme,
): (string | number | undefined)[] {
  const { 'user-agent': userAgent } = headers
  const forwarded = headers.forwarded === undefined ? undefined : parseForwarded(headers.forwarded)
  const authority = forwarded?.host ?? firstOf(headers['x-forwarded-host']) ?? host
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
    version,
    'user_agent.original',
    userAgent === undefined ? undefined : ownText(userAgent),
  ]
}

/** Where a connection keeps what was told of its requests. */
const PARTIES: unique symbol = Symbol('autospan.http.parties')
/** Connections whose clients change more often are those of proxies, on which nothing is gained by keeping. */
const MAX_CHANGES = 4

interface Parties {
  readonly host: string | undefined
  readonly userAgent: string | undefined
  readonly version: string
  readonly changes: number
  readonly shared: SharedAttributes
}

/**
 * The parties of a request as above, kept on its connection: the socket, or the session that hides it; undefined where
 * they differ from request to request.
 */
export function sharedParties(
  connection: object,
  headers: IncomingHttpHeaders,
  host: string | undefined,
  socket: Socket,
  version: string,
  scheme: Scheme,
  kit: Kit,
): SharedAttributes | undefined {
  if (
    headers['x-forwarded-for'] !== undefined ||
    headers.forwarded !== undefined ||
    headers['x-forwarded-proto'] !== undefined ||
    headers['x-forwarded-host'] !== undefined
  ) {
    return undefined
  }
  const { 'user-agent': userAgent } = headers
  const keeper = connection as { [PARTIES]?: Parties }
  const known = keeper[PARTIES]
  if (known !== undefined && known.host === host && known.userAgent === userAgent && known.version === version)
    return known.shared
  const changes = known === undefined ? 0 : known.changes + 1
  if (changes > MAX_CHANGES) return undefined
  const shared = kit.share(describeParties(headers, host, socket, version, scheme))
  const value: Parties = { host, userAgent, version, changes, shared }
  // Hidden from programs that print sockets.
  if (known === undefined) Object.defineProperty(keeper, PARTIES, { value, writable: true })
  else keeper[PARTIES] = value
  return shared
}

/** The target of a request in absolute form, as proxies get it, without scheme and authority; no URL is parsed. */
export function originForm(target: string): string {
  if (target.charCodeAt(0) === 0x2f || target === '*') return target
  const scheme = target.indexOf('://')
  if (scheme === -1) return target
  return target.slice(authorityEnd(target, scheme + 3)) || '/'
}

/**
 * Of the request as the client sent it; `scheme` is that of the connection. Proxies tell what they like: what is no
 * scheme of HTTP does not count.
 */
export function originalScheme(headers: IncomingHttpHeaders, scheme: Scheme): Scheme {
  const { forwarded } = headers
  const told = (forwarded && parseForwarded(forwarded).proto) ?? firstOf(headers['x-forwarded-proto'])
  return told === 'http' || told === 'https' ? told : scheme
}

/** A server without TLS may be fed with sockets of TLS by hand. */
export function schemeOf(socket: Socket, scheme: Scheme): Scheme {
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
