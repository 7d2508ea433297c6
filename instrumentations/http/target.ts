import type { Agent, ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { type Kit, ownText, type SharedAttributes } from '../../src/instrumentation/kit.js'
import { authorityEnd, redactPath, redactUrl, splitHost } from '../../src/instrumentation/url.js'

/** Where a request goes. */
export interface Target {
  readonly host: string
  /** Undefined where only the connection will tell. */
  readonly port: number | undefined
  /** Of its URL what comes before the path; empty for a path that is a whole URL, as proxies get it. */
  readonly origin: string
  /** `server.address` and `server.port`; without the latter where only the connection will tell. */
  readonly shared: SharedAttributes
}

/** What is known of a server by the `Host` header that node:http makes for it. */
interface Known extends Target {
  readonly requestHost: string
  readonly protocol: string
}

/** Programs call some tens of servers; crawlers call more, and are told of each anew. */
const MAX_SERVERS = 200

/**
 * Finds where requests go. node:http keeps the host but not the port. The `Host` header that it made itself tells the
 * port; where the program may have set one, or headers as a list, the connection does (`portAt`).
 */
export class Targets {
  readonly #kit: Kit
  readonly #known = new Map<string, Known>()

  constructor(kit: Kit) {
    this.#kit = kit
  }

  of(request: ClientRequest): Target {
    const { protocol, path, host: requestHost } = request
    if (isWholeUrl(path)) return this.#ofUrl(path)
    const header = request.getHeader('host')
    if (typeof header !== 'string') return this.#make(protocol, withoutBrackets(requestHost))
    const known = this.#known.get(header)
    if (known !== undefined && known.protocol === protocol && known.requestHost === requestHost) return known
    const host = withoutBrackets(requestHost)
    const named = splitHost(header)
    if (named.host !== host) return this.#make(protocol, host)
    const made = { ...this.#make(protocol, host, named.port ?? defaultPort(protocol)), requestHost, protocol }
    if (known !== undefined || this.#known.size < MAX_SERVERS) this.#known.set(header, made)
    return made
  }

  #make(protocol: string, host: string, port?: number): Target {
    return { host, port, origin: originOf(protocol, host, port), shared: this.#share(host, port) }
  }

  #ofUrl(url: string): Target {
    const end = url.indexOf('://')
    const start = end + 3
    const authority = url.slice(start, authorityEnd(url, start))
    const { host, port = defaultPort(url.slice(0, end + 1)) } = splitHost(
      authority.slice(authority.lastIndexOf('@') + 1),
    )
    return { host, port, origin: '', shared: this.#share(host, port) }
  }

  #share(host: string, port: number | undefined): SharedAttributes {
    return this.#kit.share(['server.address', host, 'server.port', port])
  }
}

/** `url.full`. */
export function urlOf({ path }: ClientRequest, { origin }: Target): string {
  if (origin === '') return ownText(redactUrl(path))
  return ownText(path.charCodeAt(0) === SLASH ? origin + redactPath(path) : `${origin}/${redactPath(path)}`)
}

/** The port of a target, now that the request has a connection; undefined where that is over, or never was. */
export function portAt(request: ClientRequest, { port, origin }: Target, socket: Socket): number | undefined {
  if (port !== undefined && (origin === '' || socket.remotePort === port)) return port
  // Through a proxy's tunnel the connection's port is the proxy's; a header that a proxy hands on tells the proxy's own.
  return askedPort(request, socket) ?? port ?? socket.remotePort
}

/** The same with the port that the connection has told. */
export function urlAt(request: ClientRequest, { host }: Target, port: number): string {
  return urlOf(request, { origin: originOf(request.protocol, host, port) } as Target)
}

/** The port that the program has given: an agent keeps its connections by host and port, also before they are made. */
function askedPort({ agent, host }: ClientRequest & { readonly agent?: Agent }, socket: Socket): number | undefined {
  const sockets = agent?.sockets
  const start = `${host}:`
  for (const name in sockets) {
    if (name.startsWith(start) && sockets[name]?.includes(socket) === true) {
      return Number.parseInt(name.slice(start.length), 10) || undefined
    }
  }
  return undefined
}

const SLASH = 0x2f

function isWholeUrl(path: string): boolean {
  return path.charCodeAt(0) !== SLASH && path.indexOf('://') > 0
}

function originOf(protocol: string, host: string, port: number | undefined): string {
  const bracketed = host.includes(':') ? `[${host}]` : host
  return `${protocol}//${bracketed}${port === undefined || port === defaultPort(protocol) ? '' : `:${port}`}`
}

function withoutBrackets(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}

function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80
}
