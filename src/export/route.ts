/** By which way a connection to the backend comes about: plain data, which another thread may get. */
export interface Route {
  /** A name or address, without brackets; of the TLS certificate too. */
  readonly host: string
  readonly port: number
  /** The path of a unix socket, which is then connected to instead of `host` and `port`. */
  readonly socketPath: string | undefined
  readonly secure: boolean
  readonly tls: TlsFiles
  readonly proxy: Proxy | undefined
}

/** Paths of PEM files, read anew for each connection: certificates are renewed while programs run. */
export interface TlsFiles {
  /** Those who may have issued the backend's certificate, instead of all that Node.js trusts. */
  readonly authorities?: string
  readonly clientCertificate?: string
  readonly clientKey?: string
}

export interface Proxy {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  /** The value of `proxy-authorization`, a secret. */
  readonly authorization: string | undefined
  /** As it may be printed. */
  readonly name: string
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** The way to the host of an `http` or `https` URL. */
export function routeTo(url: URL): Route {
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || DEFAULT_PORTS[url.protocol]!,
    socketPath: undefined,
    secure: url.protocol === 'https:',
    tls: {},
    proxy: undefined,
  }
}
