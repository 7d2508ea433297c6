import type { Kit } from '../../src/instrumentation/kit.js'
import { forget, lifeOf, type Message, type MessageLife } from '../../src/instrumentation/message.js'

/**
 * Messages emit from the socket's callbacks, which belong to the connection and not to the request:
 * a marked message's listeners run in its own context. One `emit` on the prototype serves all
 * messages; none gets a listener, a closure or a property more than its mark.
 *
 * @param unmarked is told of each event of a message that is not traced, and may mark it then
 */
export function keepContext<Marked extends Message>(
  prototype: Marked,
  kit: Kit,
  unmarked?: (message: Marked, event: string) => MessageLife | undefined,
): void {
  const place = kit.place('message')
  kit.wrap(prototype, 'emit', (_emit, base) => {
    // The lists of arguments are only ever passed on, so that they need not be made.
    return function (this: Marked, ...args: [event: string, ...rest: unknown[]]) {
      const life = lifeOf(this) ?? mark(this, args[0])
      if (life === undefined) return base.emit.apply(this, args)
      if (life.heeds(args[0])) return heed(life, this, ...args)
      if (life.isOver && args[0] === 'close') forget(this)
      if (isAtHome(life, this, args[0])) return base.emit.apply(this, args)
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
        return isAtHome(life, message, event) ? base.emit.apply(message, args) : emitIn(life, message, ...args)
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
      return kit.runWith(context, base.emit, message, args)
    }
  })

  function mark(message: Marked, event: string): MessageLife | undefined {
    if (unmarked === undefined) return undefined
    try {
      return unmarked(message, event)
    } catch (error) {
      place.failed(error)
      return undefined
    }
  }

  /** Where the program does not listen the context makes no difference, and entering one is what costs most here. */
  function isAtHome({ context }: MessageLife, message: Message, event: string): boolean {
    const count = message.listenerCount(event)
    return count === 0 || kit.active() === context || (count === 1 && event === 'end' && isHeardByNodeOnly(message))
  }
}

/** Node's own listener to the end of a request that is answered before; known once it has been seen. */
let clearIncoming: unknown

/** The one listener to the `end` of `message`. Of a function of that name only Node's knows its parser. */
function isHeardByNodeOnly(message: Message): boolean {
  const listener = (message as { _events?: { end?: unknown } })._events?.end
  if (listener === clearIncoming) return listener !== undefined
  if (typeof listener !== 'function' || listener.name !== 'clearIncoming') return false
  if (!String(listener).includes('parser.incoming === req')) return false
  clearIncoming = listener
  return true
}
