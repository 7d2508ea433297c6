import type { OnReadOpts, Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { TlsConfig } from '../../config/config.js'
import { clearInterval, setInterval } from '../../context/timers.js'
import { HttpResponse } from './http-response.js'
import type { NameLookup } from './lookup.js'
import { NO_FILES, type Route } from './route.js'
import { oneLine } from './transport.js'

/** How often a connection that does not come about is asked whether it and its like alone keep the process alive. */
const WATCH_MILLIS = 100
/**
 * How long an address of a name is tried before the next one, as Node.js 26 has it. With the 250 ms of other lines a
 * collector on the other side of the world is not reached where its name has an IPv6 address and the machine has none.
 */
const ADDRESS_MILLIS = 500
/** What is read at once of answers in plain text. */
const READ_BYTES = 4096

export interface DialSettings {
  readonly route: Route
  /** Asks a proxy for a connection of its own; not needed for requests that a proxy understands. */
  readonly tunnel: boolean
  /** What is spoken over TLS. */
  readonly protocol: 'http/1.1' | 'h2'
  readonly names: NameLookup
}

/** All that are under way: signals have connections of their own, which wait for the same server at the same time. */
const underWay = new Set<Dial>()

/** Makes one connection: to a host or a unix socket, through a proxy, with TLS. Unref'd throughout. */
export class Dial {
  readonly #settings: DialSettings
  readonly #settle: (error: unknown, socket: Socket | undefined) => void
  #isOver = false
  #socket: Socket | undefined
  readonly #watch: NodeJS.Timeout

  /** `settle` is called once, with an error or with a socket that is connected; not after `abort`. */
  constructor(settings: DialSettings, settle: (error: unknown, socket: Socket | undefined) => void) {
    this.#settings = settings
    this.#settle = settle
    this.#watch = setInterval(() => {
      if (onlyDialsHoldProcess(settings.names)) this.#fail(new Error('no connection when the process ended'))
    }, WATCH_MILLIS)
    this.#watch.unref()
    underWay.add(this)
    this.#open().then(
      (socket) => {
        if (this.#end()) settle(undefined, socket)
      },
      (error) => this.#fail(error),
    )
  }

  /** A name is not being looked up any more, and there is no connection yet. */
  get isConnecting(): boolean {
    return this.#socket?.connecting === true && !this.#settings.names.isUnderWay
  }

  abort(): void {
    if (this.#end()) this.#socket?.destroy()
  }

  #fail(error: unknown): void {
    if (!this.#end()) return
    this.#socket?.destroy()
    this.#settle(error, undefined)
  }

  /** @returns false where it had ended before */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    underWay.delete(this)
    clearInterval(this.#watch)
    this.#settings.names.cancel()
    return true
  }

  async #open(): Promise<Socket> {
    const { route, tunnel, protocol } = this.#settings
    const { proxy } = route
    let socket = await this.#connect()
    // The certificates in the settings are those of the backend.
    if (proxy?.secure === true) socket = await this.#encrypt(socket, proxy.host, 'http/1.1', NO_FILES)
    if (proxy !== undefined && tunnel) await this.#tunnel(socket)
    return route.secure ? this.#encrypt(socket, route.host, protocol, route.tls) : socket
  }

  async #connect(): Promise<Socket> {
    const { connect } = process.getBuiltinModule('node:net')
    const { route, protocol, names } = this.#settings
    const { host, port } = route.proxy ?? route
    const isPlain = !route.secure && route.proxy === undefined && protocol === 'http/1.1'
    const reading = isPlain ? { onread: readInto(() => socket) } : {}
    // Programs switch it off, for their own connections' sake.
    const trying = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ADDRESS_MILLIS }
    const socket: Socket =
      route.socketPath === undefined
        ? connect({ host, port, lookup: names.lookup, noDelay: true, ...trying, ...reading })
        : connect({ path: route.socketPath, ...reading })
    // Node makes a new handle for each address that it tries.
    socket.on('connectionAttempt', () => socket.unref())
    this.#hold(socket)
    await until(socket, 'connect')
    return socket
  }

  /** RFC 9110, section 9.3.6. */
  async #tunnel(socket: Socket): Promise<void> {
    const { host, port, proxy } = this.#settings.route
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
    const authorization = proxy?.authorization
    const fields = authorization === undefined ? '' : `proxy-authorization: ${authorization}\r\n`
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${fields}\r\n`, 'latin1')
    const response = new HttpResponse('CONNECT')
    while (response.status === 0) {
      await until(socket, 'readable')
      const bytes: Buffer | null = socket.read()
      if (bytes !== null) response.feed(bytes)
    }
    if (response.status >= 200 && response.status <= 299) {
      if (response.surplus.length > 0) socket.unshift(response.surplus)
      return
    }
    const status = oneLine(`status ${response.status} ${response.statusText}`)
    throw new Error(`the proxy ${proxy?.name} lets nobody through to ${authority}: ${status}`)
  }

  async #encrypt(inner: Socket, host: string, protocol: string, files: TlsConfig): Promise<Socket> {
    const { isIP } = process.getBuiltinModule('node:net')
    const options: ConnectionOptions = {
      socket: inner,
      host,
      // An address is not to be named in the handshake, but is still compared with the certificate.
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: [protocol],
      ...readFiles(files),
    }
    const socket = process.getBuiltinModule('node:tls').connect(options)
    this.#hold(socket)
    await until(socket, 'secureConnect')
    if (protocol === 'h2' && socket.alpnProtocol !== 'h2') throw new Error('the server does not speak HTTP/2')
    return socket
  }

  #hold(socket: Socket): void {
    // For good: an error may come between two stages, or after the end.
    socket.on('error', () => {})
    socket.unref()
    this.#socket = socket
    if (this.#isOver) socket.destroy()
  }
}

/**
 * Has a socket read into one small buffer. Otherwise Node allocates 64 KiB for each answer, of which a hundred bytes are
 * used: 10 to 20 % of the CPU of a POST.
 */
function readInto(socket: () => Socket): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  return {
    buffer,
    callback(length) {
      socket().emit('data', Buffer.from(buffer.subarray(0, length)))
      return true
    },
  }
}

function until(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onEvent = () => settle(undefined)
    const onClose = () => settle(Object.assign(new Error('the connection ended'), { code: 'ECONNRESET' }))
    const settle = (error: unknown) => {
      socket.off(event, onEvent).off('error', settle).off('close', onClose).off('end', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    socket.on(event, onEvent).on('error', settle).on('close', onClose).on('end', onClose)
  })
}

function readFiles({ authorities, clientCertificate, clientKey }: TlsConfig): ConnectionOptions {
  const { readFileSync } = process.getBuiltinModule('node:fs')
  return {
    ...(authorities === undefined ? {} : { ca: readFileSync(authorities) }),
    ...(clientCertificate === undefined ? {} : { cert: readFileSync(clientCertificate) }),
    ...(clientKey === undefined ? {} : { key: readFileSync(clientKey) }),
  }
}

/**
 * True if nothing keeps the process alive but connections of ours that are being made: libuv counts
 * them, though their sockets are unref'd. Standard streams are listed whether they hold or not, and
 * what is asked of name servers is not listed.
 */
function onlyDialsHoldProcess(names: NameLookup): boolean {
  const holders = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'TTYWrap')
  if (holders.length === 0) return names.isUnderWay
  const ours = [...underWay].filter(({ isConnecting }) => isConnecting).length
  return holders.length <= ours && holders.every((name) => name.endsWith('ConnectWrap'))
}
