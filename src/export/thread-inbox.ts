import { subscribe } from 'node:diagnostics_channel'
import { clearInterval, setInterval } from 'node:timers'
import type { Worker } from 'node:worker_threads'
import type { Config } from '../config/config.js'
import { runOutside } from '../context/manager.js'
import { diag } from '../diag/diag.js'
import { mergeRequests } from '../otlp/merge.js'
import type { Offer } from '../threads.js'
import { fingerprint } from './fingerprint.js'
import { counted, TRACES } from './signal.js'
import type { Request } from './source.js'
import { type HandedSignal, ThreadRing } from './thread-ring.js'

/** Takes the requests of worker threads into a pipeline. */
export type Adopt = (signal: HandedSignal, request: Request) => void

interface Thread {
  readonly ring: ThreadRing
  readonly worker: Worker
}

/** Published by Node.js for each thread, before its maker has it. */
const CHANNEL = 'worker_threads'

/** Takes over what worker threads hand over, also after they have been terminated. */
export class ThreadInbox {
  readonly #adopt: Adopt
  readonly #periodMillis: number
  readonly #fingerprint: string
  readonly #threads = new Set<Thread>()
  /** Of the thread that is being made. */
  #expected: ThreadRing | undefined
  #timer: NodeJS.Timeout | undefined

  /** What has come is taken over as often as spans are delivered, and when `drain` is called. */
  constructor(adopt: Adopt, config: Config) {
    this.#adopt = adopt
    this.#periodMillis = config.traces.batch.scheduleDelayMillis
    this.#fingerprint = fingerprint(config)
    subscribe(CHANNEL, (message) => this.#made((message as { worker: Worker }).worker))
  }

  /** For a thread that is about to be made. */
  expect(): Offer {
    const memory = ThreadRing.allocate()
    this.#expected = new ThreadRing(memory)
    return { memory, fingerprint: this.#fingerprint }
  }

  #made(worker: Worker): void {
    const ring = this.#expected
    if (ring === undefined) return
    this.#expected = undefined
    this.#threads.add({ ring, worker })
    this.#timer ??= runOutside(setInterval<[]>, undefined, () => this.drain(), this.#periodMillis).unref()
  }

  /** Takes over what is there, and says what is lost with threads that have gone. */
  drain(): void {
    // Asked before: what they have written is there when they have gone.
    const over = [...this.#threads].filter(({ worker }) => worker.threadId === -1)
    this.#takeAll()
    for (const thread of over) this.#threads.delete(thread)
    if (this.#threads.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    sayLost(over, 'they were terminated')
  }

  /** The process ends, and all threads with it. */
  end(): void {
    this.drain()
    const left = [...this.#threads]
    this.#threads.clear()
    sayLost(left, 'the program ended')
  }

  #takeAll(): void {
    const taken: Record<HandedSignal, Request[]> = { spans: [], logs: [] }
    for (const { ring } of this.#threads) {
      for (let request = ring.read(); request !== undefined; request = ring.read()) taken[request.signal].push(request)
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
}

function sayLost(threads: readonly Thread[], when: string): void {
  const open = threads.reduce((sum, { ring }) => sum + ring.openSpans, 0)
  if (open > 0)
    diag.warn(
      `at least ${counted(open, TRACES)} that worker threads had open when ${when} ${open === 1 ? 'is' : 'are'} lost`,
    )
}
