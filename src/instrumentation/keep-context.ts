import { EventEmitter } from 'node:events'
import type { Kit } from './kit.js'
import { forget, lifeOf, type Message, type MessageLife } from './message.js'
import type { AnyFunction } from './wrap.js'

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
      const event = args[0]
      // Of listeners that come and go, by those who add them and take them away: streams have a dozen of these.
      if (event === 'newListener' || event === 'removeListener') return base.emit.apply(this, args)
      const life = lifeOf(this) ?? mark(this, event)
      if (life === undefined) return base.emit.apply(this, args)
      if (life.heeds(event)) return heed(life, this, ...args)
      if (life.isOver && event === 'close') forget(this)
      return emitHeard(life, this, ...args)
    }

    function heed(life: MessageLife, message: Message, ...args: [event: string, ...rest: unknown[]]): boolean {
      const event = args[0]
      try {
        life.before(event, message, args[1])
      } catch (error) {
        place.failed(error)
      }
      try {
        return emitHeard(life, message, ...args)
      } finally {
        try {
          life.after(event, message)
        } catch (error) {
          place.failed(error)
        }
        if (event === 'close') forget(message)
      }
    }

    function emitHeard(life: MessageLife, message: Message, ...args: [event: string, ...rest: unknown[]]): boolean {
      const event = args[0]
      const count = countListeners(message, event)
      if (count === 0 && isIdle(event)) return false
      if (isAtHome(life, message, event, count)) return base.emit.apply(message, args)
      return kit.runWith(life.context, base.emit, message, args)
    }

    /** Whether there is nothing to do for an event that nobody listens to. */
    function isIdle(event: string): boolean {
      return base.emit === nodeEmit && event !== 'error'
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
  function isAtHome({ context }: MessageLife, message: Message, event: string, count: number): boolean {
    return count === 0 || kit.active() === context || (count === 1 && event === 'end' && isHeardByNodeOnly(message))
  }
}

/** Node's own, unless somebody has replaced it before the agent came. */
const nodeEmit = findNodeEmit(EventEmitter.prototype.emit)

function findNodeEmit(emit: AnyFunction): AnyFunction | undefined {
  return Function.prototype.toString.call(emit).includes('kErrorMonitor') ? emit : undefined
}

type Listener = AnyFunction | readonly AnyFunction[] | undefined

/** What `emit` goes by. */
interface Heard {
  readonly _events?: Readonly<Record<string, Listener>>
}

/** What `listenerCount` returns, without asking the message for more than one property. */
function countListeners(message: Message & Heard, event: string): number {
  const events = SHARES_CLASSES ? message._events : read(message, '_events')
  const listener = events?.[event]
  if (listener === undefined) return 0
  return typeof listener === 'function' ? 1 : listener.length
}

/**
 * Before Node.js 24 each message has a hidden class of its own as soon as express has put a property on it after it has
 * changed its prototype, for V8 makes no transitions from there. What a name in the code means for it takes V8 0.3 to
 * 0.6 us each time to find out.
 */
const SHARES_CLASSES = Number.parseInt(process.versions.node, 10) >= 24

/** By a name from elsewhere, for which V8 searches the object itself: 0.1 to 0.3 us. */
function read<Target extends object, Name extends keyof Target>(target: Target, name: Name): Target[Name] {
  return target[name]
}

/** Node's own listener to the end of a request that is answered before; known once it has been seen. */
let clearIncoming: unknown

/** The one listener to the `end` of `message`. Of a function of that name only Node's knows its parser. */
function isHeardByNodeOnly(message: Message): boolean {
  const listener = (message as Heard)._events?.end
  if (listener === clearIncoming) return listener !== undefined
  if (typeof listener !== 'function' || listener.name !== 'clearIncoming') return false
  if (!String(listener).includes('parser.incoming === req')) return false
  clearIncoming = listener
  return true
}
