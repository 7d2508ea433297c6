import { createRequire } from 'node:module'
import type { Kit, Place } from '../../src/instrumentation/kit.js'
import { traceClients } from './client.js'
import type { Sending } from './sending.js'
import { traceServers } from './server.js'
import type { Serving } from './serving.js'

const require = createRequire(import.meta.url)

/** What goes by HTTP/2, each for an instrumentation of its own. */
export type ProtocolName = 'http' | 'grpc'

/** Undefined for a protocol that is not to be traced. */
export type Protocols = Partial<Record<ProtocolName, Protocol>>

const hooked = new WeakMap<object, Protocols>()

/** Has a protocol traced, beside what else is traced of the module already. */
export function hook(http2: object, name: ProtocolName, kit: Kit): void {
  let protocols = hooked.get(http2)
  if (protocols === undefined) {
    protocols = {}
    hooked.set(http2, protocols)
    traceServers(http2 as never, kit, protocols)
    traceClients(http2, kit, protocols)
  }
  protocols[name] = new Protocol(name, kit)
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
