import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { MessagePort } from 'node:worker_threads'
import { readTrust } from '../../config/trust.js'
import { diag } from '../../diag/diag.js'
import { now } from '../../trace/clock.js'
import { GRACE_MILLIS, LATE_MILLIS } from '../deadline.js'
import type { Exporter, Handover } from '../exporter.js'
import type { Job, Told } from './job.js'

const require = createRequire(import.meta.url)

/**
 * For so long a second signal is taken for the first: a process hears of one twice where it goes to a whole group of
 * processes, as from a terminal or systemd, and a parent such as npm hands it on as well.
 */
const BURST_MILLIS = 500
/** How often a socket is asked for an answer that no event will tell. */
const LOOK_EVERY_MILLIS = 1

/** How often it is asked what time it is: whoever finds it to be much later has stood still. */
const STEP_MILLIS = 50
/** How long the thread may take to read what lies in its sockets, when time is up; never longer than the bound. */
const LAST_LOOK_MILLIS = 100

/**
 * Evaluated as CommonJS, and the program behind it required: measured on Node 20 to 26, a worker whose
 * program is an ES module starts 15 to 30 ms later, and waits for loader threads of the program's.
 */
const BOOT = `
const { program, port, done } = require('node:worker_threads').workerData
try {
  require(program)
} catch (error) {
  port.postMessage({ fault: String(error) })
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
}`

/**
 * Delivers what waits when the process ends, within one bound for all exporters and all ways in which
 * it may end. While
 * there is an event loop, by it; in the last moment, when there is none any more, from another thread
 * that is started for it, while this one stands still.
 */
export class LastFlush {
  readonly #exporters: readonly Exporter[]
  readonly #boundMillis: number
  #leftMillis: number
  #hasFlushed = false
  /** When a flush began that has not ended yet. */
  #began: number | undefined
  /** What has the process end at once when it is asked to again, and when that is called. */
  #letGo: (() => void) | undefined
  #letGoAt = 0

  /** `boundMillis` is what the end may be delayed by, in all. */
  constructor(exporters: readonly Exporter[], boundMillis: number) {
    this.#exporters = exporters
    this.#boundMillis = boundMillis
    this.#leftMillis = boundMillis
  }

  /**
   * By the event loop, which it keeps turning meanwhile. To be called when nothing else does. Once: what comes meanwhile,
   * from timers that hold no process, is left to `run`, as more would come with every turn.
   */
  flush(): void {
    if (this.#hasFlushed || !this.#unflushed || this.#leftMillis <= 0) return
    this.#hasFlushed = true
    const began = now()
    this.#began = began
    const flushes = this.#exporters.map((exporter) => exporter.flush(this.#leftMillis))
    void Promise.all(flushes).then(() => {
      this.#began = undefined
      // Timers fire up to a millisecond early: of that nothing is left.
      this.#leftMillis = Math.floor(this.#leftMillis - (now() - began))
    })
  }

  /**
   * Stands still until all is delivered or time is up, and says what is lost. Never throws.
   *
   * @param letGo is called when it lasts
   */
  run(letGo?: () => void): void {
    this.#letGo = letGo
    this.#letGoAt = now() + BURST_MILLIS
    const isFlushing = this.#began !== undefined
    const began = this.#began ?? now()
    this.#began = undefined
    try {
      // What a flush has tried in vain a moment ago is not tried again; what one is about to send is.
      if (isFlushing || this.#unflushed) this.#deliver(new Deadline(began + this.#leftMillis, this.#boundMillis))
      for (const exporter of this.#exporters) exporter.conclude()
    } catch (error) {
      diag.fault('the last flush', error)
    }
    this.#leftMillis -= now() - began
  }

  get #unflushed(): boolean {
    return this.#exporters.some((exporter) => exporter.unflushed)
  }

  #deliver(deadline: Deadline): void {
    let handovers = this.#handOver()
    while (handovers.length > 0 && deadline.leftMillis() > 0 && this.#exchange(handovers, deadline)) {
      handovers = this.#handOver()
    }
  }

  #handOver(): readonly Handover[] {
    return this.#exporters.flatMap((exporter) => exporter.handOver())
  }

  /** True where something is left that may be sent at once. */
  #exchange(handovers: readonly Handover[], deadline: Deadline): boolean {
    const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    let port: MessagePort | undefined
    try {
      port = startWorker(handovers, deadline, done)
    } catch (error) {
      const isDenied = (error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED'
      if (!isDenied) diag.fault('the last flush', error)
      const reason = isDenied ? 'threads are not permitted, --allow-worker permits them' : 'an internal error'
      for (const { suspect } of handovers) suspect(reason)
      return false
    }
    let unanswered = handovers.filter((handover) => handover.unanswered !== undefined)
    let isMore = false
    for (;;) {
      unanswered = unanswered.filter((handover) => {
        const answer = handover.unanswered?.look()
        if (handover.unanswered === undefined || answer === undefined) return true
        isMore = handover.settle(handover.unanswered.batch, answer) || isMore
        return false
      })
      const isDone = Atomics.load(done, 0)
      if (isDone === 1 && unanswered.length === 0) break
      const left = deadline.leftMillis()
      if (left <= 0) {
        if (isDone === 0) lookOnce(port, done, Math.min(this.#boundMillis, LAST_LOOK_MILLIS))
        for (const { suspect } of handovers) suspect(`no answer within ${this.#boundMillis} ms`)
        break
      }
      const looks = unanswered.length > 0 ? LOOK_EVERY_MILLIS : STEP_MILLIS
      Atomics.wait(done, 0, isDone, Math.min(left, looks, this.#untilLetGo()))
    }
    return (port !== undefined && hear(port, handovers)) || isMore
  }

  /** Milliseconds until the process is to be let go, which happens here when they are over. */
  #untilLetGo(): number {
    if (this.#letGo === undefined) return Number.POSITIVE_INFINITY
    const left = this.#letGoAt - now()
    if (left > 0) return left
    this.#letGo()
    this.#letGo = undefined
    return Number.POSITIVE_INFINITY
  }
}

/** A thread that sends the batches, tells what became of each, and sets `done`. Undefined where there are none. */
function startWorker(
  handovers: readonly Handover[],
  deadline: Deadline,
  done: Int32Array<SharedArrayBuffer>,
): MessagePort | undefined {
  if (handovers.every(({ batches }) => batches.length === 0)) {
    Atomics.store(done, 0, 1)
    return undefined
  }
  const { MessageChannel, Worker } = process.getBuiltinModule('node:worker_threads')
  const { port1, port2 } = new MessageChannel()
  const job: Job = {
    program: handovers.some(({ transport }) => transport.protocol === 'grpc')
      ? require.resolve('./grpc-worker.js')
      : require.resolve('./worker.js'),
    port: port2,
    done,
    untilNanos: process.hrtime.bigint() + BigInt(Math.round(deadline.leftMillis() * 1e6)),
    destinations: handovers.map(({ transport, batches }) => ({ transport, bodies: batches.map(({ body }) => body) })),
  }
  leaveGoneFolder(dirname(job.program))
  new Worker(BOOT, {
    eval: true,
    name: 'autospan',
    // Nothing of the program is loaded into it: no preload, and not this agent either.
    execArgv: [],
    env: readTrust(),
    workerData: job,
    transferList: [port2],
    // Its streams are nobody's, so that those of the process need not be opened.
    stdout: true,
    stderr: true,
  })
  return port1
}

/**
 * No thread starts in a folder that is gone, as of a release that another one has taken the place of. `process.cwd()` would
 * tell what it has told before.
 */
function leaveGoneFolder(folder: string): void {
  try {
    realpathSync.native('.')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') process.chdir(folder)
  }
}

/** Time is up: an answer may lie in a socket of the thread's, which had not run since it came. */
function lookOnce(port: MessagePort | undefined, done: Int32Array<SharedArrayBuffer>, millis: number): void {
  port?.postMessage('time is up')
  Atomics.wait(done, 0, 0, millis)
}

/** True where something is left that may be sent at once. */
function hear(port: MessagePort, handovers: readonly Handover[]): boolean {
  let isMore = false
  const { receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads')
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    const told = next.message as Told
    if ('fault' in told) {
      diag.fault('the last flush', told.fault)
      continue
    }
    const handover = handovers[told.destination]
    const batch = handover?.batches[told.batch]
    if (handover !== undefined && batch !== undefined) isMore = handover.settle(batch, told.answer) || isMore
  }
  return isMore
}

/** A point in time for one who stands still: no timer tells that the process was stopped meanwhile. */
class Deadline {
  readonly #graceMillis: number
  #until: number
  #askedAt = now()
  #isExtended = false

  constructor(until: number, boundMillis: number) {
    this.#until = until
    this.#graceMillis = Math.min(boundMillis, GRACE_MILLIS)
  }

  /** To be asked every `STEP_MILLIS`. */
  leftMillis(): number {
    const nowMillis = now()
    // As in deadline.ts: the delay was the process's own, and an answer may lie in the socket, or be on its way.
    if (nowMillis - this.#askedAt > STEP_MILLIS + LATE_MILLIS && !this.#isExtended) {
      this.#isExtended = true
      this.#until = Math.max(this.#until, nowMillis + this.#graceMillis)
    }
    this.#askedAt = nowMillis
    return this.#until - nowMillis
  }
}
