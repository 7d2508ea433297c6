import type { ProxyConfig } from './config.js'
import type { Settings } from './settings.js'

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/

/**
 * The proxy for requests to `url`, by the variables that curl and Node.js read, those in lower case first. Undefined
 * where there is none, where `NO_PROXY` names the host, and for the machine itself.
 */
export function readProxy(settings: Settings, url: URL): ProxyConfig | undefined {
  if (url.protocol === 'http+unix:' || LOOPBACK.test(url.hostname)) return undefined
  const proxy = settings.read(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy')
  if (proxy === undefined || isExcluded(url, settings.read('no_proxy') ?? '')) return undefined
  const { username, password, protocol, hostname } = proxy
  return Object.freeze({
    host: withoutBrackets(hostname),
    port: portOf(proxy),
    secure: protocol === 'https:',
    authorization: username === '' && password === '' ? undefined : basic(username, password),
    name: `${protocol}//${proxy.host}`,
  })
}

/**
 * Whether `NO_PROXY` names the host of `url`: by `*`, by its name or that of a domain above it (with or without `.` or
 * `*.` before it), by its address, or by a network such as `10.0.0.0/8`; each of them for one port only where `:port`
 * follows.
 */
function isExcluded(url: URL, noProxy: string): boolean {
  const host = withoutBrackets(url.hostname).toLowerCase()
  const port = portOf(url)
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, host, port))
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true
  const { isIP } = process.getBuiltinModule('node:net')
  const [, named = '', ofPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
  // The colons of an IPv6 address without brackets are its own.
  const isAddress = isIP(entry) === 6 || /^[^[]*:.*:/.test(entry)
  if (!isAddress && ofPort !== undefined && Number(ofPort) !== port) return false
  const name = withoutBrackets(isAddress ? entry : named)
  if (name.includes('/')) return isIP(host) !== 0 && isInNetwork(name, host)
  const domain = name.replace(/^\*?\./, '')
  return domain !== '' && (host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`)))
}

function isInNetwork(network: string, host: string): boolean {
  const { BlockList, isIP } = process.getBuiltinModule('node:net')
  const [address = '', bits = ''] = network.split('/')
  const list = new BlockList()
  const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')
  try {
    list.addSubnet(address, Number(bits), family(address))
    return list.check(host, family(host))
  } catch {
    return false
  }
}

function portOf({ port, protocol }: URL): number {
  return Number(port) || DEFAULT_PORTS[protocol]!
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${percentDecoded(username)}:${percentDecoded(password)}`).toString('base64')}`
}

/** As it stands where a `%` begins no code: passwords have them. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
