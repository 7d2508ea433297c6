import type { ClientHttp2Session } from 'node:http2'
import { splitHost } from '../../src/instrumentation/url.js'

/** What a session was connected to. */
export interface Server {
  readonly scheme: string
  /** Host and port, as the `:authority` of requests that tell none. */
  readonly authority: string
  /** By a first request. */
  isAsked: boolean
}

const servers = new WeakMap<ClientHttp2Session, Server>()

/** `authority` as `connect` gets it: a URL as text or as object, or an object with some of its parts. */
export function knowSession(session: ClientHttp2Session, authority: unknown): void {
  const given = typeof authority === 'string' ? new URL(authority) : (authority as Partial<URL> | undefined)
  if (typeof given !== 'object' || given === null) return
  const { protocol = 'https:', hostname, host, port } = given
  const name = hostname || (host === undefined ? undefined : splitHost(host).host) || 'localhost'
  const bare = name.startsWith('[') ? name.slice(1, -1) : name
  const bracketed = bare.includes(':') ? `[${bare}]` : bare
  const isDefault = !port || Number(port) === defaultPort(protocol)
  servers.set(session, {
    scheme: protocol.replace(/:$/, ''),
    authority: isDefault ? bracketed : `${bracketed}:${port}`,
    isAsked: false,
  })
}

/** Undefined for what the agent has not seen connect, and for sessions of undici: its own channels tell of its requests. */
export function serverOf(session: ClientHttp2Session): Server | undefined {
  const server = servers.get(session)
  if (server === undefined || server.isAsked) return server
  server.isAsked = true
  if (!isOfUndici(session)) return server
  servers.delete(session)
  return undefined
}

/** It marks its sessions by their clients, as soon as it has them. */
function isOfUndici(session: ClientHttp2Session): boolean {
  return Object.getOwnPropertySymbols(session).some(({ description }) => description === 'client')
}

export function defaultPort(protocol: string): number {
  return protocol.startsWith('https') ? 443 : 80
}
