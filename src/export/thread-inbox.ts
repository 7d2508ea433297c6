import { subscribe } from 'node:diagnostics_channel'
import type { BroadcastChannel, Worker } from 'node:worker_threads'
import type { Config } from '../config/config.js'
import { runOutside } from '../context/manager.js'
import { clearInterval, setInterval } from '../context/timers.js'
import { diag } from '../diag/diag.js'
import { mergeRequests } from '../otlp/merge.js'
import type { Offer } from '../threads.js'
import { fingerprint, metricFingerprint } from './fingerprint.js'
import { counted, TRACES } from './signal.js'
import type { Request } from './source.js'
import { type HandedSignal, ThreadRing } from './thread-ring.js'

/** Takes the requests of worker threads into a pipeline. */
export type Adopt = (signal: HandedSignal, request: Request) => void

/** Counts the measurements of a thread. */
export interface ThreadMeasurements {
  take(message: Uint8Array): void
  /** The thread has gone. */
  end(): void
}

export interface ThreadInboxSettings {
  readonly config: Config
  readonly adopt: Adopt
  /** Undefined where metrics go nowhere. */
  readonly measurements: ((threadId: number) => ThreadMeasurements) | undefined
}

interface Thread {
  readonly ring: ThreadRing
  readonly id: number
  readonly isOver: () => boolean
  /** Since it has measured something. */
  measurements: ThreadMeasurements | undefined
}

/** Published by Node.js for each thread, before its maker has it. */
export const MADE = 'worker_threads'

/** A thread that a thread of this one has made: told by its maker, for it is taken over without it. */
export interface Descendant {
  readonly memory: SharedArrayBuffer
  readonly id: number
  /** The thread that has made it. */
  readonly parent: number
}

/** Where batches are not to wait at all: a thread that has no room left says so itself. */
const LEAST_PERIOD_MILLIS = 100

/** Takes over what worker threads hand over, also after they have been terminated. */
export class ThreadInbox {
  readonly #adopt: Adopt
  readonly #periodMillis: number
  readonly #fingerprints: Pick<Offer, 'fingerprint' | 'metricFingerprint'>
  readonly #makeMeasurements: ThreadInboxSettings['measurements']
  readonly #threads = new Set<Thread>()
  /** Of the thread that is being made. */
  #expected: ThreadRing | undefined
  #timer: NodeJS.Timeout | undefined
  #channel: BroadcastChannel | undefined

  /** What has come is taken over as often as spans are delivered, and when `drain` is called. */
  constructor({ config, adopt, measurements }: ThreadInboxSettings) {
    this.#adopt = adopt
    this.#periodMillis = Math.max(config.traces.batch.scheduleDelayMillis, LEAST_PERIOD_MILLIS)
    this.#fingerprints = { fingerprint: fingerprint(config), metricFingerprint: metricFingerprint(config) }
    this.#makeMeasurements = measurements
    subscribe(MADE, (message) => this.#made((message as { worker: Worker }).worker))
  }

  /** For a thread that is about to be made. */
  expect(): Offer {
    const memory = ThreadRing.allocate()
    this.#expected = new ThreadRing(memory)
    this.#channel ??= this.#openChannel()
    return { memory, ...this.#fingerprints, channel: this.#channel.name }
  }

  #openChannel(): BroadcastChannel {
    const { BroadcastChannel, threadId } = process.getBuiltinModule('node:worker_threads')
    const channel = new BroadcastChannel(`autospan ${threadId} ${Math.random()}`)
    channel.onmessage = ({ data }: { data: unknown }) => this.#descended(data as Descendant)
    channel.unref()
    return channel
  }

  #descended({ memory, id, parent }: Descendant): void {
    const ring = new ThreadRing(memory)
    const maker = [...this.#threads].find((thread) => thread.id === parent)
    this.#add(ring, id, () => ring.isOver || maker?.isOver() === true)
  }

  #made(worker: Worker): void {
    const ring = this.#expected
    if (ring === undefined) return
    this.#expected = undefined
    this.#add(ring, worker.threadId, () => worker.threadId === -1)
  }

  #add(ring: ThreadRing, id: number, isOver: () => boolean): void {
    const thread = { ring, id, isOver, measurements: undefined }
    this.#threads.add(thread)
    runOutside(() => void this.#drainWhenCalled(thread), undefined)
    this.#timer ??= runOutside(setInterval<[]>, undefined, () => this.drain(), this.#periodMillis).unref()
  }

  async #drainWhenCalled(thread: Thread): Promise<void> {
    while (this.#threads.has(thread)) {
      await thread.ring.called()
      this.drain()
    }
  }

  /** Takes over what is there, and says what is lost with threads that have gone. */
  drain(): void {
    // Asked before: what they have written is there when they have gone.
    const over = [...this.#threads].filter(({ isOver }) => isOver())
    this.#takeAll()
    for (const thread of over) {
      this.#threads.delete(thread)
      // Nobody else does any more, and what waits for a call keeps the memory.
      thread.ring.call()
      this.#endMeasurements(thread)
    }
    if (this.#threads.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    sayLost(over, 'they were terminated')
  }

  /** The process ends, and all threads with it. */
  end(): void {
    this.#hearDescendants()
    this.drain()
    const left = [...this.#threads]
    this.#threads.clear()
    sayLost(left, 'the program ended')
  }

  /** What no event will tell any more. */
  #hearDescendants(): void {
    if (this.#channel === undefined) return
    const { receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads')
    for (;;) {
      const next = receiveMessageOnPort(this.#channel as never)
      if (next === undefined) return
      this.#descended(next.message)
    }
  }

  #takeAll(): void {
    const taken: Record<HandedSignal, Request[]> = { spans: [], logs: [] }
    for (const thread of this.#threads) {
      const { ring } = thread
      for (let handed = ring.read(); handed !== undefined; handed = ring.read()) {
        if (handed.signal === 'measurements') this.#measure(thread, handed.body)
        else taken[handed.signal].push(handed)
      }
    }
    for (const signal of ['spans', 'logs'] as const) {
      const requests = taken[signal]
      if (requests.length === 0) continue
      const records = requests.reduce((sum, request) => sum + request.records, 0)
      try {
        this.#adopt(signal, { records, body: mergeRequests(requests.map(({ body }) => body)) })
      } catch (error) {
        diag.fault('what worker threads have handed over', error)
      }
    }
  }

  #measure(thread: Thread, message: Uint8Array): void {
    try {
      thread.measurements ??= this.#makeMeasurements?.(thread.id)
      thread.measurements?.take(message)
    } catch (error) {
      diag.fault('what worker threads have measured', error)
    }
  }

  #endMeasurements({ measurements }: Thread): void {
    try {
      measurements?.end()
    } catch (error) {
      diag.fault('what worker threads have measured', error)
    }
  }
}

function sayLost(threads: readonly Thread[], when: string): void {
  const open = threads.reduce((sum, { ring }) => sum + ring.openSpans, 0)
  if (open > 0)
    diag.warn(
      `at least ${counted(open, TRACES)} that worker threads had open when ${when} ${open === 1 ? 'is' : 'are'} lost`,
    )
}
