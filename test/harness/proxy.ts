import { once } from 'node:events'
import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { atEnd, type Owner } from './owner.js'

export interface ProxyOptions {
  /** Spoken to over TLS. */
  readonly tls?: TlsOptions
  /** What `proxy-authorization` has to be; else it answers with 407. */
  readonly authorization?: string
  /** The status that it answers everything with. */
  readonly status?: number
  /** Where it leads, whatever host is asked for. */
  readonly port?: number
}

/** A proxy on loopback: requests with a whole URL, and CONNECT. */
export class ForwardProxy {
  /** The first line of each request, without its version. */
  readonly asked: string[] = []
  readonly #server: Server
  readonly #options: ProxyOptions
  readonly #sockets = new Set<Socket>()

  static async start(owner: Owner, options: ProxyOptions = {}): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(options)
    atEnd(owner, () => proxy.#close())
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  private constructor(options: ProxyOptions) {
    this.#options = options
    this.#server = options.tls === undefined ? createServer() : createTlsServer(options.tls)
    this.#server.on('request', (request, response) => this.#forward(request, response))
    this.#server.on('connect', (request, socket: Socket) => this.#tunnel(request, socket))
    this.#server.on('connection', (socket) => this.#sockets.add(socket))
  }

  get url(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  #refusal(request: IncomingMessage): number | undefined {
    this.asked.push(`${request.method} ${request.url}`)
    const { authorization, status } = this.#options
    if (authorization !== undefined && request.headers['proxy-authorization'] !== authorization) return 407
    return status
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const refusal = this.#refusal(request)
    if (refusal !== undefined) {
      response.writeHead(refusal).end()
      return
    }
    const { hostname, port, pathname, search } = new URL(request.url ?? '')
    const target = { host: hostOf(hostname), port: this.#options.port ?? port, path: pathname + search }
    const outgoing = forward({ ...target, method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    request.pipe(outgoing)
  }

  #tunnel(request: IncomingMessage, socket: Socket): void {
    socket.on('error', () => {})
    const refusal = this.#refusal(request)
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(`http://${request.url}`)
    const outgoing = connect(this.#options.port ?? Number(port), hostOf(hostname))
    outgoing.on('error', () => socket.destroy())
    outgoing.on('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      outgoing.pipe(socket).pipe(outgoing)
    })
    socket.on('close', () => outgoing.destroy())
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

/** A name that only this proxy knows. */
function hostOf(name: string): string {
  return name === 'collector.test' ? '127.0.0.1' : name
}
