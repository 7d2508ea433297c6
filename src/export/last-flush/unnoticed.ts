import type { EventEmitter } from 'node:events'
import { runUnbound } from '../../context/manager.js'
import { type AnyFunction, wrapMethod } from '../../instrumentation/wrap.js'

// Programs replace it for their tests.
const { queueMicrotask } = globalThis

const WATCHED: ReadonlySet<string | symbol> = new Set(['newListener', 'removeListener'])

interface Own {
  readonly listener: AnyFunction
  /** Listens only while the program does not. */
  readonly alone: boolean
  attached: boolean
}

/**
 * Listeners of the agent's on an emitter of the program's, on `process`, that the program does not
 * notice. Programs decide by what they find there: that nobody listens to a signal, so that they have
 * to end the process; that somebody does, so that they have not; that ten listeners are a leak.
 */
export class UnnoticedListeners {
  readonly #emitter: EventEmitter
  readonly #own = new Map<string | symbol, Own>()
  readonly #count: (event: string | symbol) => number
  #detaching = false

  constructor(emitter: EventEmitter) {
    this.#emitter = emitter
    const { listenerCount, rawListeners } = emitter
    this.#count = (event) => listenerCount.call(emitter, event)
    const isOther = (event: string | symbol) => (listener: unknown) => listener !== this.#own.get(event)?.listener
    // Asks whether ours is there: removeAllListeners() takes it away, and Node.js counts before we hear of it.
    const countOthers = (event: string | symbol): number =>
      this.#own.get(event)?.attached === true
        ? rawListeners.call(emitter, event).filter(isOther(event)).length
        : this.#count(event)

    for (const method of ['listeners', 'rawListeners']) {
      wrapMethod(emitter, method, (list) => {
        return function (event) {
          const all: AnyFunction[] = list.call(this, event)
          return this === emitter ? all.filter(isOther(event)) : all
        }
      })
    }
    wrapMethod(emitter, 'listenerCount', (count) => {
      return function (event, ...rest) {
        return this === emitter && rest[0] === undefined ? countOthers(event) : count.call(this, event, ...rest)
      }
    })
    wrapMethod(emitter, 'eventNames', (names) => {
      return function () {
        const all: (string | symbol)[] = names.call(this)
        return this === emitter ? all.filter((event) => countOthers(event) > 0) : all
      }
    })

    // Before Node's own listener, which starts to catch a signal that none listens to yet; and after the one that stops.
    const onAdded = this.#keep('newListener', (event, listener) => this.#onAdded(event, listener), false)
    emitter.prependListener('newListener', onAdded.listener)
    onAdded.attached = true
    this.listen('removeListener', (event, listener) => this.#onRemoved(event, listener))
  }

  /** Listens after all listeners of the program, but for those that it adds in the turn of the event itself. */
  listen(event: string, listener: AnyFunction): void {
    this.#attach(event, this.#keep(event, listener, false))
  }

  /** Listens while the program does not. */
  listenAlone(event: string, listener: AnyFunction): void {
    const own = this.#keep(event, listener, true)
    if (this.#count(event) === 0) this.#attach(event, own)
  }

  /** Makes sure that `event` is heard in this very turn. */
  settle(event: string): void {
    const own = this.#own.get(event)
    if (own !== undefined) this.#attach(event, own)
  }

  forget(event: string): void {
    const own = this.#own.get(event)
    if (own === undefined) return
    this.#detach(event, own)
    this.#own.delete(event)
  }

  #keep(event: string, listener: AnyFunction, alone: boolean): Own {
    const own = { listener, alone, attached: false }
    this.#own.set(event, own)
    return own
  }

  #attach(event: string | symbol, own: Own): void {
    if (own.attached) return
    own.attached = true
    const most = this.#emitter.getMaxListeners()
    // The program has as many as it may: not ours is the one too many.
    const isFull = most > 0 && this.#count(event) >= most
    if (isFull) this.#emitter.setMaxListeners(0)
    // The handle that Node.js makes for a signal would keep the context in memory that made the first span. No context of
    // the agent's is entered: with Node.js 20 and 22 the first one makes all promises dearer, those of the ES module loader
    // among them.
    runUnbound((emitter) => emitter.on(event, own.listener), undefined, this.#emitter)
    if (isFull) this.#emitter.setMaxListeners(most)
  }

  #detach(event: string | symbol, own: Own): void {
    if (!own.attached) return
    own.attached = false
    this.#detaching = true
    this.#emitter.removeListener(event, own.listener)
    this.#detaching = false
  }

  #onAdded(event: string | symbol, listener: AnyFunction): void {
    const own = this.#own.get(event)
    if (own === undefined || !own.attached || listener === own.listener || WATCHED.has(event)) return
    this.#detach(event, own)
    if (!own.alone) this.#attachSoon(event, own)
  }

  #onRemoved(event: string | symbol, listener: AnyFunction): void {
    const own = this.#own.get(event)
    if (own === undefined || this.#detaching || WATCHED.has(event)) return
    // By removeAllListeners().
    if (listener === own.listener) own.attached = false
    // By then a signal would have ended the process.
    if (!own.alone && String(event).startsWith('SIG')) this.#attachAnew(event, own)
    else if (!own.alone) this.#attachSoon(event, own)
    else if (this.#count(event) === 0) this.#attach(event, own)
  }

  /** Node.js has stopped to catch a signal to which only hidden listeners are left. */
  #attachAnew(event: string | symbol, own: Own): void {
    this.#detach(event, own)
    this.#attach(event, own)
  }

  #attachSoon(event: string | symbol, own: Own): void {
    queueMicrotask(() => {
      if (this.#own.get(event) === own) this.#attach(event, own)
    })
  }
}
