import type { EventEmitter } from 'node:events'
import type { ClientHttp2Session, Http2Session } from 'node:http2'
import { createRequire } from 'node:module'
import type { Kit, Place } from '../../src/instrumentation/kit.js'
import { traceServers as traceHttp1 } from '../http/server.js'
import { type Clients, traceClients } from './client.js'
import type { Sending } from './sending.js'
import { type Http2Module, isOfServers, type Servers, traceServers } from './server.js'
import type { Serving } from './serving.js'
import type { Kits, Maker } from './watch.js'

const require = createRequire(import.meta.url)

/** Undefined for a protocol that is not to be traced. */
export type Protocols = Partial<Record<ProtocolName, Protocol>>

type ProtocolName = 'http' | 'grpc'

/** Traces the servers and sessions of node:http2, as they are made. */
export class Hook {
  readonly #kits: Kits
  readonly #servers: Servers
  readonly #clients: Clients
  #servesHttp1 = false

  /** `kit` patches for all. */
  constructor(http2: object, kit: Kit, kits: Kits) {
    this.#kits = kits
    const protocols: Protocols = {}
    for (const name of ['http', 'grpc'] as const) {
      const own = kits[name]
      if (own !== undefined) protocols[name] = new Protocol(name, own)
    }
    this.#servers = traceServers(http2 as Http2Module, kit, protocols)
    this.#clients = traceClients(kit, protocols)
  }

  hear(maker: Maker, made: object, args: readonly unknown[]): void {
    switch (maker) {
      case 'connect':
        this.#clients.connected(made as ClientHttp2Session, args[0])
        break
      case 'performServerHandshake':
        this.#servers.connected(made as Http2Session)
        break
      case 'createSecureServer':
        if (Object(args[0]).allowHTTP1 === true) this.#serveHttp1(made as EventEmitter)
        this.#servers.created(made as EventEmitter)
        break
      default:
        this.#servers.created(made as EventEmitter)
    }
  }

  /** To clients of HTTP/1 such servers speak by messages of node:http. */
  #serveHttp1(server: EventEmitter): void {
    const prototype = Object.getPrototypeOf(server) as EventEmitter
    if (this.#servesHttp1 || this.#kits.http1 === undefined || !isOfServers(prototype)) return
    this.#servesHttp1 = true
    // Which has to be heard of before.
    process.getBuiltinModule('http')
    traceHttp1(prototype, undefined, 'https', this.#kits.http1)
  }
}

/** Loads what traces requests with the first of them. */
export class Protocol {
  readonly servers: Place
  readonly clients: Place
  readonly #name: ProtocolName
  readonly #kit: Kit
  #serving: Serving | undefined
  #sending: Sending | undefined

  constructor(name: ProtocolName, kit: Kit) {
    this.servers = kit.place('server', { part: 'server' })
    this.clients = kit.place('client', { part: 'client' })
    this.#name = name
    this.#kit = kit
  }

  get serving(): Serving {
    this.#serving ??= this.#createServing()
    return this.#serving
  }

  get sending(): Sending {
    this.#sending ??= this.#createSending()
    return this.#sending
  }

  #createServing(): Serving {
    if (this.#name === 'http') {
      const { HttpServing } = require('./http-serving.js') as typeof import('./http-serving.js')
      return new HttpServing(this.#kit)
    }
    const { GrpcServing } = require('./grpc-serving.js') as typeof import('./grpc-serving.js')
    return new GrpcServing(this.#kit)
  }

  #createSending(): Sending {
    if (this.#name === 'http') {
      const { HttpSending } = require('./http-sending.js') as typeof import('./http-sending.js')
      return new HttpSending(this.#kit)
    }
    const { GrpcSending } = require('./grpc-sending.js') as typeof import('./grpc-sending.js')
    return new GrpcSending(this.#kit)
  }
}
