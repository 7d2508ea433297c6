import type { Context } from '@opentelemetry/api'
import { guard } from '../src/instrumentation/guard.js'
import type { Kit } from '../src/instrumentation/kit.js'

interface Class {
  readonly prototype: object
}

/** What undici exports. */
export interface Undici {
  readonly Pool: Class
  readonly Client: Class
}

/**
 * A pool whose connections are all busy makes the requests that wait for one where another has ended, which belongs to
 * that one's caller: here each is made in the context of its own. undici does so itself from some 8 on.
 */
export function keepCallers({ Pool, Client }: Undici, kit: Kit): void {
  const pools: object = Object.getPrototypeOf(Pool.prototype)
  const dispatch = Object.getOwnPropertySymbols(pools).find(({ description }) => description === 'dispatch') as symbol
  const callers = new WeakMap<object, Context>()
  const keepCaller = guard(kit.place('pool', { always: true }), (handler: object) => {
    callers.set(handler, kit.active())
  })
  kit.wrap(pools, dispatch, (original) => {
    return function (this: object, options: unknown, handler: object) {
      const hasRoom = original.call(this, options, handler)
      if (!hasRoom) keepCaller(handler)
      return hasRoom
    }
  })
  kit.wrap(Client.prototype, dispatch, (original) => {
    return function (this: object, options: unknown, handler: object) {
      const caller = callers.get(handler)
      if (caller === undefined) return original.call(this, options, handler)
      callers.delete(handler)
      return kit.runWith(caller, original, this, [options, handler])
    }
  })
}
