import type { EventEmitter } from 'node:events'
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { createRequire } from 'node:module'
import type { Context } from '@opentelemetry/api'
import { isGrpc } from '../../src/instrumentation/grpc.js'
import { guard } from '../../src/instrumentation/guard.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { lifeOf, shareLife } from '../../src/instrumentation/message.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import type { Protocols } from './hook.js'
import { isNew, patchStreams, type Stream } from './streams.js'

const require = createRequire(import.meta.url)

/** What of the module is patched. */
export interface Http2Module {
  readonly Http2ServerRequest: { readonly prototype: object }
}

export interface Servers {
  created(server: EventEmitter): void
  connected(session: Http2Session): void
}

type ServedStream = Stream<ServerHttp2Stream>

/**
 * One SERVER span for each request that a session of a server hears of, whether the program serves streams or, by the
 * compatibility API, requests and responses. It covers the time from the request's head to the stream's end.
 */
export function traceServers(http2: Http2Module, kit: Kit, protocols: Protocols): Servers {
  const kindPlace = kit.place('stream', { always: true })
  const hearSession = guard(kit.place('session', { always: true }), patchSession)
  // What frameworks tell of a request of the compatibility API is told of its stream.
  shareLife(http2.Http2ServerRequest.prototype, 'stream')
  return { created: patchServer, connected: patchSession }

  function patchServer(server: EventEmitter): void {
    const prototype = Object.getPrototypeOf(server) as EventEmitter
    if (!isOfServers(prototype) || !isNew(prototype)) return
    kit.wrap(prototype, 'emit', (_emit, base) => {
      return function (this: EventEmitter, ...args: unknown[]) {
        if (args[0] === 'session') hearSession(args[1] as Http2Session)
        return base.emit.apply(this, args)
      }
    })
  }

  /** Programs may listen to sessions as to servers: they hear of streams first. */
  function patchSession(session: Http2Session): void {
    const prototype = Object.getPrototypeOf(session) as Http2Session
    if (!Object.hasOwn(prototype, 'altsvc') || !isNew(prototype)) return
    kit.wrap(prototype, 'emit', (_emit, base) => {
      return function (this: Http2Session, ...args: unknown[]) {
        if (args[0] !== 'stream') return base.emit.apply(this, args)
        return serve(base.emit, this, args)
      }
    })
  }

  function serve(emit: AnyFunction, session: Http2Session, args: unknown[]): boolean {
    const context = begin(args[1] as ServedStream, args[2] as IncomingHttpHeaders)
    if (context === undefined) return emit.apply(session, args)
    return kit.runWith(context, emit, session, args)
  }

  function begin(stream: ServedStream, headers: IncomingHttpHeaders): Context | undefined {
    let place = kindPlace
    try {
      const protocol = isGrpc(headers) ? protocols.grpc : protocols.http
      if (protocol?.servers.on !== true) return undefined
      place = protocol.servers
      patchStreams(stream, kit)
      noteHeads(stream)
      return protocol.serving.begin(stream, headers)
    } catch (error) {
      place.failed(error)
      return undefined
    }
  }

  function noteHeads(stream: ServedStream): void {
    const prototype = Object.getPrototypeOf(stream) as ServedStream
    if (!Object.hasOwn(prototype, 'respond') || !isNew(prototype)) return
    const noteHead = guard(kit.place('head', { always: true }), (stream: ServedStream) => lifeOf(stream)?.started())
    if (kit.serverTiming) {
      const { tellTrace } = require('./server-timing.js') as typeof import('./server-timing.js')
      tellTrace(prototype, kit)
    }
    kit.wrap(prototype, 'respond', (respond) => {
      return function (this: ServedStream, ...args: unknown[]) {
        const result = respond.apply(this, args)
        noteHead(this)
        return result
      }
    })
  }
}

/** Programs may hand on objects of their own: of prototypes that others have too nothing is patched. */
export function isOfServers(prototype: object): boolean {
  return Object.hasOwn(prototype, 'updateSettings')
}
