import type { OtlpConfig, SignalName } from '../config/config.js'
import { NO_ANSWER } from './post.js'

/** What a backend answered to a request of the doctor's. */
export interface BackendAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The beginning of the body. */
  readonly text: string
}

/** What is wrong, and what to do about it. */
export interface Explanation {
  readonly problem: string
  readonly advice: string
  /** What other signals may be told of the same server: equal ones are one problem. Default: the problem. */
  readonly fault?: string
}

const HEADERS = 'OTEL_EXPORTER_OTLP_HEADERS'
const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const PROTOCOL = 'OTEL_EXPORTER_OTLP_PROTOCOL'

/** Explains an answer in plain words; undefined for one that means that the record has arrived. */
export function explainAnswer(
  { status, headers, text }: BackendAnswer,
  otlp: OtlpConfig,
  signal: SignalName,
): Explanation | undefined {
  const { url } = otlp
  const contentType = String(headers['content-type'] ?? '')
  const words = `${url.origin}${url.pathname} answered ${status}`
  if (status >= 200 && status <= 299) {
    if (!contentType.startsWith('text/html')) return undefined
    return {
      problem: `${words}, with a web page: that is no collector, whatever it says`,
      advice: `${ENDPOINT} seems to name a user interface; OTLP over HTTP usually has port 4318`,
      fault: 'web page',
    }
  }
  if (/HTTPS server|plain HTTP request/i.test(text)) {
    return { problem: `${words}: it wants TLS`, advice: `write https:// in ${ENDPOINT}`, fault: 'TLS' }
  }
  const cause = causeOf(status, otlp, signal, headers.location)
  const said = contentType.startsWith('text/html') ? '' : firstLine(text)
  const problem = `${words}, ${cause[0]}${said === '' ? '' : `. It says: ${said}`}`
  return { problem, advice: cause[1], fault: String(status) }
}

function causeOf(
  status: number,
  { url, protocol, headers }: OtlpConfig,
  signal: SignalName,
  location: unknown,
): readonly [cause: string, advice: string] {
  const sent = headers.size === 0 ? 'none is set' : `sent are: ${[...headers.keys()].join(', ')}`
  switch (status) {
    case 400:
      return ['it has not understood the request', `does it take ${protocol}? ${PROTOCOL} chooses another encoding`]
    case 401:
      return ['it does not know who you are', `${HEADERS} has to carry its token or key (${sent})`]
    case 403:
      return ['you are not allowed to send there', `look at the rights of the token in ${HEADERS} (${sent})`]
    case 404:
      return ['there is nothing at this path', missingPath(signal)]
    case 405:
      return [
        'nothing can be posted there',
        `the port may be that of a user interface; OTLP over HTTP usually has 4318, and not ${url.port || 'the default one'}`,
      ]
    case 413:
      return ['it takes no request of this size, though this one is small', 'look at the limits of a proxy on the way']
    case 415:
      return [
        `it does not take ${protocol}`,
        `set ${PROTOCOL} to ${protocol === 'http/json' ? 'http/protobuf' : 'http/json'}`,
      ]
    case 429:
      return ['it takes no more for now', 'the quota is used up, or too much comes at once; sampling sends less']
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return redirect(url, String(location ?? ''))
    case 502:
    case 503:
    case 504:
      return ['a proxy on the way cannot reach the collector, or the collector is not ready', 'look whether it runs']
    default:
      return status >= 500
        ? ['it has a problem of its own', 'look into its log']
        : ['it does not want this request', `look whether ${ENDPOINT} names the right server`]
  }
}

function missingPath(signal: SignalName): string {
  // Traces are asked for first: where they are taken, the base is right.
  if (signal !== 'traces') return leaveOut(signal)
  return `${ENDPOINT} is a base URL, to which v1/traces is added; a complete URL belongs into OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`
}

function leaveOut(signal: SignalName): string {
  return `many backends take traces only: OTEL_${signal.toUpperCase()}_EXPORTER=none leaves ${signal} out`
}

function redirect(url: URL, location: string): readonly [cause: string, advice: string] {
  const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined
  const where = target === undefined ? 'elsewhere' : `to ${target.origin}${target.pathname}`
  if (target?.protocol === 'https:' && url.protocol === 'http:' && target.pathname === url.pathname) {
    return [`it sends the caller ${where}`, `write https:// in ${ENDPOINT}; an exporter follows no redirection`]
  }
  return [
    `it sends the caller ${where}, as web sites do that want a login`,
    `${ENDPOINT} seems not to name the collector but a web site or a gateway before it`,
  ]
}

/** Explains why no answer came. */
export function explainError(error: NodeJS.ErrnoException, url: URL): Explanation {
  const { code = '', message } = error
  const at = url.host
  if (code === 'ECONNREFUSED') {
    return {
      problem: `nothing listens at ${at} (${code})`,
      advice: 'does the collector run, and on this port? In a container, localhost is the container itself',
    }
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      problem: `the name ${url.hostname} is not known here (${code})`,
      advice: 'is it spelt well? Names of Docker Compose and Kubernetes are known inside their networks only',
    }
  }
  if (code === NO_ANSWER) {
    return {
      problem: `${at} takes the connection, and there is ${message}`,
      advice: 'it may be no collector, or one that hangs; OTEL_EXPORTER_OTLP_TIMEOUT is in milliseconds',
    }
  }
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return {
      problem: `${at} does not answer (${code})`,
      advice: 'a firewall or a wrong address: packets go there and nothing comes back',
    }
  }
  if (code.startsWith('HPE_') || code === 'ERR_HTTP2_ERROR') {
    return {
      problem: `${at} does not answer in HTTP/1.1, as gRPC ports do (${code})`,
      advice: `use the port for HTTP, usually 4318, in ${ENDPOINT}`,
    }
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return {
      problem: `${at} closes the connection without an answer (${code})`,
      advice:
        url.protocol === 'http:'
          ? `it may want TLS (https://), or be a gRPC port: OTLP over HTTP usually has 4318`
          : `it may not want TLS (http://), or want a client certificate`,
    }
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|EPROTO/.test(code)) {
    return { problem: `${at} does not speak TLS (${code})`, advice: `write http:// in ${ENDPOINT}` }
  }
  if (/CERT|SIGNATURE|ALTNAME|ISSUER/.test(code)) {
    return {
      problem: `the certificate of ${at} is not trusted: ${message} (${code})`,
      advice: 'OTEL_EXPORTER_OTLP_CERTIFICATE names a file with the certificate of an authority of your own',
    }
  }
  return {
    problem: `${at} could not be asked: ${message}${code === '' ? '' : ` (${code})`}`,
    advice: 'look at the network',
  }
}

/**
 * Explains what the agent's own transport says of an attempt that failed.
 *
 * @param one the record that was sent
 */
export function explainReason(
  reason: string,
  { url, protocol }: OtlpConfig,
  signal: SignalName,
  one: string,
): Explanation {
  const problem = `the test ${one} was not taken: ${reason}`
  const fault = reason.replace(url.pathname, '')
  const [, advice] = REASONS.find(([pattern]) => pattern.test(reason)) ?? []
  if (signal !== 'traces' && /UNIMPLEMENTED|status 404/.test(reason)) {
    return { problem, advice: leaveOut(signal), fault }
  }
  if (advice !== undefined) return { problem, advice, fault }
  const port = protocol === 'grpc' ? '4317' : '4318'
  return {
    problem,
    fault,
    advice: `look whether ${url.host} takes ${protocol}, for which ${port} is the usual port`,
  }
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/UNAUTHENTICATED|status 401/, `${HEADERS} has to carry its token or key`],
  [/PERMISSION_DENIED|status 403/, `look at the rights of the token in ${HEADERS}`],
  [/UNIMPLEMENTED/, 'there is something that speaks gRPC, and does not take traces'],
  [/RESOURCE_EXHAUSTED|status 429/, 'the quota is used up, or too much comes at once; sampling sends less'],
  [/status 407/, 'the proxy wants a user and a password, in its URL'],
  [/proxy/i, 'look at HTTP_PROXY, HTTPS_PROXY and NO_PROXY'],
  [/ENOENT|ECONNREFUSED/, 'does the collector run, and listen there?'],
  [/not HTTP\/2|HTTP\/1|PROTOCOL_ERROR|ERR_HTTP2/, `it may speak HTTP/1.1 only: set ${PROTOCOL} to http/protobuf`],
  [/no TLS/, `write http:// in ${ENDPOINT}, or set OTEL_EXPORTER_OTLP_INSECURE=true`],
  [/CERT|TLS/, 'OTEL_EXPORTER_OTLP_CERTIFICATE names a file with the certificate of an authority of your own'],
]

function firstLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return /^[\x20-\x7e]*$/.test(line) ? line.slice(0, 200) : ''
}
