import type { Context } from '@opentelemetry/api'
import type { Kit } from '../../src/instrumentation/kit.js'
import { LIFE, type Message } from '../../src/instrumentation/message.js'

/**
 * Messages emit from the socket's callbacks, which belong to the connection and not to the request:
 * a marked message's listeners run in its own context. One `emit` on the prototype serves all
 * messages; none gets a listener, a closure or a property more than its mark.
 */
export function keepContext(prototype: Message, kit: Kit): void {
  const place = kit.place('message')
  kit.wrap(prototype, 'emit', (emit) => {
    return function (this: Message, ...args: [event: string, ...rest: unknown[]]) {
      const life = this[LIFE]
      if (life === undefined) return emit.apply(this, args)
      const event = args[0]
      try {
        life.before(event, this, args[1])
      } catch (error) {
        place.failed(error)
      }
      try {
        return emitIn(life.context, this, args)
      } finally {
        try {
          life.after(event, this)
        } catch (error) {
          place.failed(error)
        }
      }
    }

    /** Where nobody listens the context makes no difference, and entering one is what costs most here. */
    function emitIn(context: Context, message: Message, args: [event: string, ...rest: unknown[]]): boolean {
      if (message.listenerCount(args[0]) === 0 || kit.active() === context) return emit.apply(message, args)
      return kit.runWith(context, emit, message, args)
    }
  })
}
