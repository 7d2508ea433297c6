import type { OtlpConfig } from '../../config/config.js'

/** What became of one attempt to deliver a request. */
export type Answer = Accepted | Refused | Failed

interface Ending {
  /** What the server said: a status of HTTP, or of gRPC its name. Left out where no answer has come. */
  readonly status?: number | string
}

interface Unsuccessful extends Ending {
  /** What came in the way where there is no status, as `error.type` has it. Left out where that has no name. */
  readonly obstacle?: string
}

/** The server has taken the request; it must not be sent again, whatever the numbers say. */
export interface Accepted extends Ending {
  readonly kind: 'accepted'
  /** Records of the request that the server did not keep: OTLP's partial success. */
  readonly rejected: number
  /** The server's words on a partial success or its warning; empty when it said nothing. */
  readonly message: string
}

/** Final: the same request would be refused again. */
export interface Refused extends Unsuccessful {
  readonly kind: 'refused'
  /** What a smaller request may not have: too much, or the one record that is bad. Left out where all would be refused. */
  readonly culprit?: 'size' | 'content'
  /** The server has nothing at this place: many backends take traces only. */
  readonly isNoPlace?: boolean
  /** In plain words, without secrets, on one line. */
  readonly reason: string
}

/** Worth another attempt later. */
export interface Failed extends Unsuccessful {
  readonly kind: 'failed'
  /** In plain words, without secrets, on one line. */
  readonly reason: string
  /** False where no connection came about, so that nobody has seen the request. */
  readonly reached: boolean
  /** How long the server asks to be left alone, in milliseconds; undefined where it did not say. */
  readonly waitMillis: number | undefined
}

/** What kept a request, or a part of it, from being delivered, as `error.type` has it; undefined where nothing did. */
export function errorTypeOf(answer: Answer): string | undefined {
  if (answer.kind === 'accepted') return answer.rejected === 0 ? undefined : 'rejected'
  return answer.status === undefined ? (answer.obstacle ?? '_OTHER') : String(answer.status)
}

/** What became of an attempt that was under way when the event loop stopped for good. */
export type Interrupted = Unsent | Answered | Sent

/** Nobody can have taken the request: it may be sent again by other means. */
export interface Unsent {
  readonly kind: 'unsent'
}

/** The answer was there, and not told yet. */
export interface Answered {
  readonly kind: 'answered'
  readonly answer: Answer
}

/** The request has left in full, so it must not be sent again before an answer says so. */
export interface Sent {
  readonly kind: 'sent'
  /** Looks for the answer without the event loop; undefined while there is none. Left out where nobody can look. */
  readonly look?: () => Answer | undefined
}

/** A transport as another thread makes it anew: plain data. */
export interface TransportSettings extends Pick<OtlpConfig, 'protocol' | 'headers' | 'compression' | 'tls' | 'proxy'> {
  readonly url: string
  /** Wins over a header of the user's. */
  readonly contentType: string
  /** The agent's own. */
  readonly version: string
}

/** The settings of a transport, as the configuration has them. `version` is the agent's own, for `user-agent`. */
export function transportSettings(
  { protocol, url, headers, compression, tls, proxy }: OtlpConfig,
  contentType: string,
  version: string,
): TransportSettings {
  return { protocol, url: url.href, headers, compression, tls, proxy, contentType, version }
}

/** One destination of OTLP requests. Callers send one request at a time. */
export interface Transport {
  readonly settings: TransportSettings
  /** The URL as it may be printed: without credentials and query. */
  readonly destination: string
  /**
   * Makes one attempt that ends after `timeoutMillis` (`Infinity`: never) at the latest. Never
   * rejects, and never keeps the process alive but for a connection that is being made.
   */
  post(body: Uint8Array, timeoutMillis: number): Promise<Answer>
  /**
   * Ends the attempt under way where its request is not written in full, so that it holds the
   * process no longer: nobody can have taken it.
   */
  release(): void
  /** Stops for good, in the process's last moment: no event comes any more. Undefined where nothing was under way. */
  interrupt(): Interrupted | undefined
  /** Ends the attempt under way and closes idle connections. */
  close(): void
}

/** Where a message goes on after this many characters it is cut. */
const MAX_REASON = 300

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed before an answer came',
  EPIPE: 'connection closed before an answer came',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name cannot be looked up now',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EPROTO: 'TLS handshake failed',
  ERR_HTTP2_ERROR: 'the answer is not HTTP/2, perhaps the port is for OTLP over HTTP',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS certificate chain is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS certificate cannot be verified',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS certificate has an unknown issuer',
  CERT_HAS_EXPIRED: 'TLS certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS certificate is for another host',
}

/** What OpenSSL makes of an answer in plain text. */
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE/

/** An error of a socket or of the HTTP parser in plain words, with its code. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error))
  const code: unknown = 'code' in error ? error.code : undefined
  if (typeof code !== 'string') return oneLine(error.message)
  // OpenSSL's own message tells of its sources, but not much else.
  if ('reason' in error && /^ERR_O?SSL_/.test(code)) {
    return `TLS: ${error.reason}${NO_TLS.test(code) ? ', perhaps the server speaks no TLS' : ''} (${code})`
  }
  return `${REASONS[code] ?? oneLine(error.message)} (${code})`
}

/** The code of an error of a socket, a resolver, or TLS, where it has one. */
export function obstacleOf(error: unknown): Pick<Failed, 'obstacle'> {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? { obstacle: code } : {}
}

/** Foreign text made fit for a log: printable, on one line, of bounded length. */
export function oneLine(text: string): string {
  const line = text
    .slice(0, 4 * MAX_REASON)
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
  return line.length <= MAX_REASON ? line : `${line.slice(0, MAX_REASON)}...`
}
