import type { Context } from '@opentelemetry/api'
import type { Kit } from '../../src/instrumentation/kit.js'
import { CONTEXT, LIFE, type Message } from '../../src/instrumentation/message.js'

/**
 * Messages emit from the socket's callbacks, which belong to the connection and not to the request:
 * a marked message's listeners run in its own context. One `emit` on the prototype serves all
 * messages; none gets a listener, a closure or a property more than its marks.
 */
export function keepContext(prototype: Message, kit: Kit): void {
  const place = kit.place('message')
  kit.wrap(prototype, 'emit', (emit) => {
    return function (this: Message, event: string, ...args: unknown[]) {
      const context = this[CONTEXT]
      if (context === undefined) return emit.call(this, event, ...args)
      const life = this[LIFE]
      if (life === undefined) return emitIn(context, this, event, args)
      try {
        life.before(event, args[0])
      } catch (error) {
        place.failed(error)
      }
      try {
        return emitIn(context, this, event, args)
      } finally {
        try {
          life.after(event)
        } catch (error) {
          place.failed(error)
        }
      }
    }

    function emitIn(context: Context, message: Message, event: string, args: unknown[]): boolean {
      if (kit.active() === context) return emit.call(message, event, ...args)
      return kit.run(context, emit, message, event, ...args)
    }
  })
}
