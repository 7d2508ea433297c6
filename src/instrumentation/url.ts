const REDACTED = 'REDACTED'

/**
 * Query keys whose values are credentials or signatures, matched case-sensitively.
 * Semantic conventions, http/http-spans.md#http-client-span, `url.full`.
 */
const SENSITIVE_KEYS: ReadonlySet<string> = new Set([
  'AWSAccessKeyId',
  'Signature',
  'sig',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'X-Goog-Signature',
])

/**
 * Keys of the field's custom (RFC 6749, RFC 7519 and what programs call theirs) whose values open doors, in any case.
 * The conventions name signatures only; their list is a minimum.
 */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'access_token',
  'api-key',
  'api_key',
  'apikey',
  'auth_token',
  'client_secret',
  'id_token',
  'jwt',
  'license_key',
  'passwd',
  'password',
  'refresh_token',
  'secret',
  'token',
])

/** One of these is in every sensitive key, as written or percent-encoded: most queries stop here. */
const MAYBE_SENSITIVE = /sig|key|X-Amz|token|secret|passw|jwt|%/i

/** The query (without `?`) with the values of sensitive keys replaced. */
export function redactQuery(query: string): string {
  if (!MAYBE_SENSITIVE.test(query)) return query
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=')
      return equals !== -1 && isSensitive(decoded(pair.slice(0, equals)))
        ? `${pair.slice(0, equals)}=${REDACTED}`
        : pair
    })
    .join('&')
}

/** Path, query and fragment with the query redacted. */
export function redactPath(path: string): string {
  const question = path.indexOf('?')
  if (question === -1) return path
  const hash = path.indexOf('#', question)
  const end = hash === -1 ? path.length : hash
  return path.slice(0, question + 1) + redactQuery(path.slice(question + 1, end)) + path.slice(end)
}

/** An absolute URL without user and password, its query redacted. Text in, text out: nothing is parsed or changed besides. */
export function redactUrl(url: string): string {
  const scheme = url.indexOf('://')
  if (scheme === -1) return redactPath(url)
  const authority = scheme + 3
  const slash = authorityEnd(url, authority)
  const at = url.lastIndexOf('@', slash - 1)
  if (at < authority) return redactPath(url)
  const colon = url.indexOf(':', authority)
  const userinfo = colon !== -1 && colon < at ? `${REDACTED}:${REDACTED}` : REDACTED
  return redactPath(`${url.slice(0, authority)}${userinfo}${url.slice(at)}`)
}

/** `host`, `host:port`, `[v6]` or `[v6]:port`; the host without brackets. */
export function splitHost(authority: string): { host: string; port: number | undefined } {
  const colon = authority.lastIndexOf(':')
  const bracket = authority.lastIndexOf(']')
  if (colon > bracket && (bracket !== -1 || authority.indexOf(':') === colon)) {
    const port = Number(authority.slice(colon + 1))
    const host = withoutBrackets(authority.slice(0, colon))
    return { host, port: Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined }
  }
  return { host: withoutBrackets(authority), port: undefined }
}

/** Where the authority that begins at `start` ends: at the path, the query, the fragment or the text's end. */
export function authorityEnd(url: string, start: number): number {
  for (let i = start; i < url.length; i++) {
    const code = url.charCodeAt(i)
    if (code === 0x2f || code === 0x3f || code === 0x23) return i
  }
  return url.length
}

function isSensitive(key: string): boolean {
  return SENSITIVE_KEYS.has(key) || SECRET_KEYS.has(key.toLowerCase())
}

function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
