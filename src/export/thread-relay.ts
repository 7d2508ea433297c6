import { subscribe } from 'node:diagnostics_channel'
import type { Worker } from 'node:worker_threads'
import { runOutside } from '../context/manager.js'
import { clearInterval, setInterval } from '../context/timers.js'
import type { Offer } from '../threads.js'
import { type Descendant, MADE } from './thread-inbox.js'
import { ThreadRing } from './thread-ring.js'

/** How often it is looked for threads that have gone. */
const LOOK_MILLIS = 5000

interface Made {
  readonly ring: ThreadRing
  readonly worker: Worker
}

/**
 * In a worker thread that hands over to another one, for the threads that it makes itself: they hand over to the
 * same one, so that nothing of theirs is lost with this one.
 */
export class ThreadRelay {
  readonly #offer: Offer
  readonly #threads = new Set<Made>()
  #expected: SharedArrayBuffer | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param offer what this thread was offered */
  constructor(offer: Offer) {
    this.#offer = offer
    subscribe(MADE, (message) => this.#made((message as { worker: Worker }).worker))
  }

  /** For a thread that is about to be made. */
  expect(): Offer {
    this.drain()
    this.#expected = ThreadRing.allocate()
    return { ...this.#offer, memory: this.#expected }
  }

  #made(worker: Worker): void {
    const memory = this.#expected
    if (memory === undefined) return
    this.#expected = undefined
    const { BroadcastChannel, threadId } = process.getBuiltinModule('node:worker_threads')
    const channel = new BroadcastChannel(this.#offer.channel)
    const descendant: Descendant = { memory, id: worker.threadId, parent: threadId }
    channel.postMessage(descendant)
    channel.close()
    this.#threads.add({ ring: new ThreadRing(memory), worker })
    this.#timer ??= runOutside(setInterval<[]>, undefined, () => this.drain(), LOOK_MILLIS).unref()
  }

  /** Tells of threads that have gone. */
  drain(): void {
    for (const thread of this.#threads) {
      if (thread.worker.threadId !== -1) continue
      this.#threads.delete(thread)
      thread.ring.setOver()
    }
    if (this.#threads.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** With this thread all of them have gone, which the other one sees. */
  end(): void {}
}
