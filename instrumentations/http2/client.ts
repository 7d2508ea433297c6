import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { isGrpc } from '../../src/instrumentation/grpc.js'
import { guard } from '../../src/instrumentation/guard.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { fieldsOf, isHeaders } from './fields.js'
import type { Protocols } from './hook.js'
import type { Outgoing } from './sending.js'
import { knowSession } from './sessions.js'
import { isNew, patchStreams } from './streams.js'

export interface Clients {
  /** `authority` as `connect` gets it. */
  connected(session: ClientHttp2Session, authority: unknown): void
}

/**
 * One CLIENT span for each request that a session sends. It covers the time from `session.request()` to the end of the
 * answer: where the session has no connection yet, or no room for another stream, it waits as the program does.
 */
export function traceClients(kit: Kit, protocols: Protocols): Clients {
  const follow = guard(kit.place('request', { always: true }), (outgoing: Outgoing, stream: ClientHttp2Stream) => {
    patchStreams(stream, kit)
    outgoing.follow(stream)
  })
  const noteRefusal = guard(kit.place('request', { always: true }), (outgoing: Outgoing, error: unknown) => {
    outgoing.fail(error)
  })

  const kindPlace = kit.place('request', { always: true })
  return {
    connected(session, authority) {
      knowSession(session, authority)
      patchSession(session)
    },
  }

  function patchSession(session: ClientHttp2Session): void {
    const prototype = Object.getPrototypeOf(session) as ClientHttp2Session
    if (!Object.hasOwn(prototype, 'request') || !isNew(prototype)) return
    kit.wrap(prototype, 'request', (request) => {
      return function (this: ClientHttp2Session, ...args: unknown[]) {
        const outgoing = begin(this, args[0])
        if (outgoing === undefined) return request.apply(this, args)
        let stream: ClientHttp2Stream
        try {
          stream = request.call(this, outgoing.headers, ...args.slice(1))
        } catch (error) {
          noteRefusal(outgoing, error)
          throw error
        }
        follow(outgoing, stream)
        return stream
      }
    })
  }

  function begin(session: ClientHttp2Session, headers: unknown): Outgoing | undefined {
    let place = kindPlace
    try {
      if (!isHeaders(headers) || kit.isSuppressed()) return undefined
      const fields = fieldsOf(headers)
      const protocol = isGrpc(fields) ? protocols.grpc : protocols.http
      if (protocol?.clients.on !== true) return undefined
      place = protocol.clients
      return protocol.sending.begin(session, headers, fields)
    } catch (error) {
      place.failed(error)
      return undefined
    }
  }
}
