import { type MessagePort, workerData } from 'node:worker_threads'
import { setImmediate, setInterval, setTimeout } from '../../context/timers.js'
import { backoffMillis, FLUSH_BACKOFF } from '../retry.js'
import type { Answer, Transport, TransportSettings } from '../transport/transport.js'

export interface Destination {
  readonly transport: TransportSettings
  readonly bodies: readonly Uint8Array[]
}

/** What the thread is to do. */
export interface Job {
  /** The path of the thread's program. */
  readonly program: string
  /** Hears a `Told` for each attempt; a message to it says that time is up. */
  readonly port: MessagePort
  /** Set to 1 at the end; or when time is up, and the sockets have been read since. */
  readonly done: Int32Array
  /** When time will be up, as `process.hrtime.bigint()`, which all threads share. */
  readonly untilNanos: bigint
  readonly destinations: readonly Destination[]
}

export type Told = { readonly destination: number; readonly batch: number; readonly answer: Answer } | Fault

interface Fault {
  readonly fault: string
}

const { port, done, untilNanos, destinations } = workerData as Job

/** Does the job that the thread was started with. */
export function doJob(createTransport: (settings: TransportSettings) => Transport): void {
  // The transport's sockets and timers keep no thread alive.
  setInterval(() => {}, 60_000)
  const deliveries = destinations.map(({ transport, bodies }, destination) => {
    return deliver(createTransport(transport), bodies, destination)
  })
  void Promise.all(deliveries)
    .catch((error) => tell({ fault: String(error) }))
    .then(end)
  // What lies in the sockets comes before it.
  port.on('message', () => setImmediate(end))
}

function end(): void {
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
}

/** Sends the batches of one destination in order, each until it is answered for good or no attempt can be in time. */
async function deliver(transport: Transport, bodies: readonly Uint8Array[], destination: number): Promise<void> {
  let failures = 0
  for (const [batch, body] of bodies.entries()) {
    for (;;) {
      const answer = await transport.post(body, Number.POSITIVE_INFINITY)
      tell({ destination, batch, answer })
      if (answer.kind !== 'failed') break
      if (!answer.reached) return
      const pauseMillis = answer.waitMillis ?? backoffMillis(failures++, FLUSH_BACKOFF)
      if (BigInt(Math.round(pauseMillis * 1e6)) > untilNanos - process.hrtime.bigint()) return
      await new Promise((resolve) => setTimeout(resolve, pauseMillis))
    }
  }
}

function tell(told: Told): void {
  port.postMessage(told)
}
