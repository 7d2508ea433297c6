import type { SpanProcessor } from '../trace/span.js'
import type { Batch } from './queue.js'
import type { Answer, TransportSettings } from './transport.js'

/** What one destination has not got when the event loop stops for good. */
export interface Handover {
  readonly transport: TransportSettings
  /** Oldest first. Nobody sends them but who took them over. */
  readonly batches: readonly Batch[]
  /** Hears what became of a batch; a batch of which nothing is heard goes on waiting. */
  readonly settle: (batch: Batch, answer: Answer) => void
  /** The batch that had left without an answer, where that can still be looked for. */
  readonly unanswered: { readonly batch: Batch; readonly look: () => Answer | undefined } | undefined
  /** Time is up: `reason` is told where nothing else explains a loss. */
  readonly suspect: (reason: string) => void
}

/** A span processor at the end of the line, which brings spans out of the process. */
export interface ExportProcessor extends SpanProcessor {
  /**
   * Spans have come since the last `flush` began. Asked by `beforeExit`, which is emitted again
   * after each flush: one that failed must not be made for ever.
   */
  readonly unflushed: boolean
  /** Brings out what waits now, within `timeoutMillis`. Never rejects. */
  flush(timeoutMillis: number): Promise<void>
  /** Flushes, then closes. Never rejects. */
  shutdown(timeoutMillis?: number): Promise<void>
  /** Ends at once and says what is lost. */
  close(): void
  /**
   * In the process's last moment: brings out what can be without the event loop, and hands over the
   * rest. Spans may come after it, for which it is called again.
   */
  handOver(): readonly Handover[]
  /** Says what is lost of what was handed over. */
  conclude(): void
}

/** Hands every span to each of `processors`, in order; one of them is returned as it is. */
export function fanOut(processors: readonly ExportProcessor[]): ExportProcessor {
  return processors.length === 1 ? processors[0]! : new FanOut(processors)
}

class FanOut implements ExportProcessor {
  readonly #processors: readonly ExportProcessor[]

  constructor(processors: readonly ExportProcessor[]) {
    this.#processors = processors
  }

  get unflushed(): boolean {
    return this.#processors.some((processor) => processor.unflushed)
  }

  onEnd(span: Parameters<SpanProcessor['onEnd']>[0]): void {
    for (const processor of this.#processors) processor.onEnd(span)
  }

  async flush(timeoutMillis: number): Promise<void> {
    await Promise.all(this.#processors.map((processor) => processor.flush(timeoutMillis)))
  }

  async shutdown(timeoutMillis?: number): Promise<void> {
    await Promise.all(this.#processors.map((processor) => processor.shutdown(timeoutMillis)))
  }

  close(): void {
    for (const processor of this.#processors) processor.close()
  }

  handOver(): readonly Handover[] {
    return this.#processors.flatMap((processor) => processor.handOver())
  }

  conclude(): void {
    for (const processor of this.#processors) processor.conclude()
  }
}
