import { percentDecoded } from '../../config/proxy.js'
import type { TransportSettings } from './transport.js'

/** What a header's name and value may be: RFC 9110, section 5. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** Those that tell how the message itself is read, which is no matter of settings. */
const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/**
 * The headers that each request has whatever its protocol: the agent's name, the credentials of the URL, and those of
 * the user, which win.
 *
 * @throws an error where a header is none that HTTP takes; it names no secret
 */
export function requestFields({ url, headers, version }: TransportSettings): Map<string, string> {
  const { username, password } = new URL(url)
  const fields = new Map([['user-agent', `autospan/${version}`]])
  if (username !== '' || password !== '') {
    const credentials = Buffer.from(`${percentDecoded(username)}:${percentDecoded(password)}`)
    fields.set('authorization', `Basic ${credentials.toString('base64')}`)
  }
  for (const [name, value] of headers) {
    if (!TOKEN.test(name) || !VALUE.test(value)) throw new Error(`the header ${JSON.stringify(name)} is illegal`)
    if (!FRAMING.has(name)) fields.set(name, value)
  }
  return fields
}

/**
 * The head of each POST of HTTP/1.1 up to the number of its `content-length`, as Latin-1 text.
 *
 * @throws an error where a header is none that HTTP takes; it names no secret
 */
export function requestHead(settings: TransportSettings): string {
  const { url, compression, contentType, proxy } = settings
  const { protocol, host, pathname, search } = new URL(url)
  const isProxied = proxy !== undefined && protocol === 'http:'
  const fields = new Map([['host', protocol === 'http+unix:' ? 'localhost' : host], ...requestFields(settings)])
  if (isProxied && proxy.authorization !== undefined) fields.set('proxy-authorization', proxy.authorization)
  fields.set('content-type', contentType)
  if (compression === 'gzip') fields.set('content-encoding', 'gzip')
  const lines = Array.from(fields, ([name, value]) => `${name}: ${value}\r\n`)
  // RFC 9112, section 3.2.2: a proxy gets the whole URL.
  const target = `${isProxied ? `http://${host}` : ''}${pathname}${search}`
  return `POST ${target} HTTP/1.1\r\n${lines.join('')}content-length: `
}
