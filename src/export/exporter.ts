import type { Batch } from './queue.js'
import type { Answer, TransportSettings } from './transport/transport.js'

/**
 * A way by which telemetry leaves the process: of one signal, to one destination. However many there
 * are, the last flush serves all of them within one bound.
 */
export interface Exporter {
  /**
   * Records have come since the last `flush` began. Asked by `beforeExit`, which is emitted again
   * after each flush: one that failed must not be made for ever.
   */
  readonly unflushed: boolean
  /** Brings out what waits now, within `timeoutMillis`. Never rejects. */
  flush(timeoutMillis: number): Promise<void>
  /** Ends at once and says what is lost. */
  close(): void
  /**
   * In the process's last moment: brings out what can be without the event loop, and hands over the
   * rest. Records may come after it, for which it is called again.
   */
  handOver(): readonly Handover[]
  /** Says what is lost of what was handed over. */
  conclude(): void
}

/** What one destination has not got when the event loop stops for good. */
export interface Handover {
  readonly transport: TransportSettings
  /** Oldest first. Nobody sends them but who took them over. */
  readonly batches: readonly Batch[]
  /**
   * Hears what became of a batch; a batch of which nothing is heard goes on waiting. Returns true
   * where it left something to be sent at once, which the next `handOver` gives.
   */
  readonly settle: (batch: Batch, answer: Answer) => boolean
  /** The batch that had left without an answer, where that can still be looked for. */
  readonly unanswered: { readonly batch: Batch; readonly look: () => Answer | undefined } | undefined
  /** Time is up: `reason` is told where nothing else explains a loss. */
  readonly suspect: (reason: string) => void
}
