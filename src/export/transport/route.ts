import type { ProxyConfig, TlsConfig } from '../../config/config.js'
import type { TransportSettings } from './transport.js'

/** By which way a connection to the backend comes about: plain data. */
export interface Route {
  /** A name or address, without brackets; of the TLS certificate too. */
  readonly host: string
  readonly port: number
  /** The path of a unix socket, which is then connected to instead of `host` and `port`. */
  readonly socketPath: string | undefined
  readonly secure: boolean
  readonly tls: TlsConfig
  readonly proxy: ProxyConfig | undefined
}

/** Of who has no certificates of its own, and trusts whom Node.js trusts. */
export const NO_FILES: TlsConfig = { authorities: undefined, clientCertificate: undefined, clientKey: undefined }

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** The way to the host of a URL, or to the socket that stands in the place of a host. */
export function routeTo({ url, tls, proxy }: Pick<TransportSettings, 'url' | 'tls' | 'proxy'>): Route {
  const { protocol, hostname, host, port } = new URL(url)
  const isSocket = protocol === 'http+unix:'
  return {
    host: isSocket ? 'localhost' : hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || DEFAULT_PORTS[protocol] || 0,
    socketPath: isSocket ? decodeURIComponent(host) : undefined,
    secure: protocol === 'https:',
    tls,
    proxy,
  }
}
