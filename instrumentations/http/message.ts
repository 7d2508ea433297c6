import { channel } from 'node:diagnostics_channel'
import type { Kit } from '../../src/instrumentation/kit.js'
import { forget, lifeOf, type Message, type MessageLife } from '../../src/instrumentation/message.js'

/**
 * Messages emit from the socket's callbacks, which belong to the connection and not to the request:
 * a marked message's listeners run in its own context. One `emit` on the prototype serves all
 * messages; none gets a listener, a closure or a property more than its mark.
 */
export function keepContext(prototype: Message, kit: Kit): void {
  const place = kit.place('message')
  kit.wrap(prototype, 'emit', (emit) => {
    // The lists of arguments are only ever passed on, so that they need not be made.
    return function (this: Message, ...args: [event: string, ...rest: unknown[]]) {
      const life = lifeOf(this)
      if (life === undefined) return emit.apply(this, args)
      if (life.heeds(args[0])) return heed(life, this, ...args)
      if (isAtHome(life, this, args[0])) return emit.apply(this, args)
      return emitIn(life, this, ...args)
    }

    function heed(life: MessageLife, message: Message, ...args: [event: string, ...rest: unknown[]]): boolean {
      const event = args[0]
      try {
        life.before(event, message, args[1])
      } catch (error) {
        place.failed(error)
      }
      try {
        if (event === 'finish' && isFinishedByNodeOnly(message)) return kit.runUnbound(emit, message, event)
        return isAtHome(life, message, event) ? emit.apply(message, args) : emitIn(life, message, ...args)
      } finally {
        try {
          life.after(event, message)
        } catch (error) {
          place.failed(error)
        }
        if (event === 'close') forget(message)
      }
    }

    function emitIn({ context }: MessageLife, message: Message, ...args: unknown[]): boolean {
      return kit.runWith(context, emit, message, args)
    }
  })

  /** Where the program does not listen the context makes no difference, and entering one is what costs most here. */
  function isAtHome({ context }: MessageLife, message: Message, event: string): boolean {
    const count = message.listenerCount(event)
    return count === 0 || kit.active() === context || (count === 1 && event === 'end' && isHeardByNodeOnly(message))
  }
}

/** What EventEmitter keeps. */
interface Listened {
  readonly _events?: { readonly end?: unknown }
  readonly _eventsCount?: number
}

/** A request, and what tells that a server's own parser has made it and Node.js itself answers by `_httpMessage`. */
interface Parsed extends Message, Listened {
  readonly socket?: { readonly parser?: unknown; readonly _httpMessage?: unknown } | null
}

const finished = channel('http.server.response.finish')

/**
 * Nobody but Node.js hears that a response was sent, and nobody hears what follows from it. It starts the timer of the
 * idle connection then, which would keep its context, and so the span, in memory until the next request.
 */
function isFinishedByNodeOnly(message: Message): boolean {
  const { req } = message as { readonly req?: Parsed }
  // Of a response that a server of Node's has begun the first listener is its own.
  if (req?.socket?.parser == null || req.socket._httpMessage !== message) return false
  if (finished.hasSubscribers || message.listenerCount('finish') !== 1 || message.listenerCount('close') > 0)
    return false
  return req._eventsCount === 0 || (req._eventsCount === 1 && isHeardByNodeOnly(req))
}

/** Node's own listener to the end of a request that is answered before; known once it has been seen. */
let clearIncoming: unknown

/** The one listener to the `end` of `message`. Of a function of that name only Node's knows its parser. */
function isHeardByNodeOnly(message: Message): boolean {
  const listener = (message as Listened)._events?.end
  if (listener === clearIncoming) return listener !== undefined
  if (typeof listener !== 'function' || listener.name !== 'clearIncoming') return false
  if (!String(listener).includes('parser.incoming === req')) return false
  clearIncoming = listener
  return true
}
