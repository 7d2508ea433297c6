import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { Context } from '@opentelemetry/api'
import type { Scheme } from '../../src/instrumentation/asked.js'
import { guard } from '../../src/instrumentation/guard.js'
import { keepContext } from '../../src/instrumentation/keep-context.js'
import { type Kit, setImmediate } from '../../src/instrumentation/kit.js'
import { lifeOf, type Message, served } from '../../src/instrumentation/message.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'

import type { Serving } from './serving.js'

const require = createRequire(import.meta.url)

/**
 * One SERVER span for each request, upgrade and tunnel that a server of this prototype hears of.
 * It covers the time from the request's head to the response's last byte, or the connection's loss.
 */
export function traceServers(server: EventEmitter, response: Message | undefined, scheme: Scheme, kit: Kit): void {
  served.areCounted = true
  if (response !== undefined) {
    keepContext(response, kit)
    noteFirstByte(response, kit)
    if (kit.serverTiming) {
      const { tellTrace } = require('./server-timing.js') as typeof import('./server-timing.js')
      tellTrace(response, kit)
    }
    if (kit.http !== undefined) {
      const { captureResponses } = require('./response-headers.js') as typeof import('./response-headers.js')
      captureResponses(response, kit)
    }
  }
  const place = kit.place('server', { part: 'server' })
  let serving: Serving | undefined
  const load = (): Serving => {
    const { createServing } = require('./serving.js') as typeof import('./serving.js')
    serving = createServing(scheme, kit)
    return serving
  }

  kit.wrap(server, 'emit', (_emit, base) => {
    return function (this: EventEmitter, ...args: unknown[]) {
      switch (args[0]) {
        case 'request':
        case 'checkContinue':
        case 'checkExpectation':
          return serve(base.emit, this, args, false)
        case 'upgrade':
        case 'connect':
          return serve(base.emit, this, args, true)
        case 'listening':
          prepareSoon()
          return base.emit.apply(this, args)
        default:
          return base.emit.apply(this, args)
      }
    }
  })

  /** Before the first request comes, and after what the program does now that it listens. */
  function prepareSoon(): void {
    kit.runDetached(setImmediate<[]>, undefined, [guard(place, prepare)]).unref()
  }

  function prepare(): void {
    kit.prepare()
    if (serving === undefined) load()
  }

  function serve(emit: AnyFunction, server: EventEmitter, args: unknown[], isUpgrade: boolean): boolean {
    let context: Context | undefined
    if (place.on) {
      try {
        const { beginRequest, beginUpgrade } = serving ?? load()
        context = isUpgrade
          ? beginUpgrade(args[1] as IncomingMessage, args[2] as Socket)
          : beginRequest(args[1] as IncomingMessage, args[2] as ServerResponse)
      } catch (error) {
        place.failed(error)
      }
    }
    if (context === undefined) return emit.apply(server, args)
    return kit.runWith(context, emit, server, args)
  }
}

/** The head is made when the first byte is about to be written: by `writeHead`, `write` or `end`. */
function noteFirstByte(response: Message, kit: Kit): void {
  kit.wrap(response, '_storeHeader', (storeHeader) => {
    return function (this: Message, firstLine: unknown, headers: unknown) {
      lifeOf(this)?.started()
      return storeHeader.call(this, firstLine, headers)
    }
  })
}
