import type { EventEmitter } from 'node:events'
import { guard } from '../../src/instrumentation/guard.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { traceServers } from './server.js'

/** Servers of node:http2 that serve clients of HTTP/1 too, by messages of node:http (`allowHTTP1`). */
export function hearServers(http2: object, kit: Kit): void {
  let isPatched = false
  const hear = guard(kit.place('server', { always: true }), (server: EventEmitter, options: unknown) => {
    const { allowHTTP1 } = (options ?? {}) as { readonly allowHTTP1?: unknown }
    const prototype = Object.getPrototypeOf(server) as EventEmitter
    if (isPatched || allowHTTP1 !== true || !Object.hasOwn(prototype, 'updateSettings')) return
    isPatched = true
    // As for https.
    process.getBuiltinModule('http')
    traceServers(prototype, undefined, 'https', kit)
  })
  kit.wrap(http2, 'createSecureServer', (create) => {
    return function (...args) {
      const server = create.apply(this, args)
      hear(server, args[0])
      return server
    }
  })
}
