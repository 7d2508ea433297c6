import type { Exception } from '@opentelemetry/api'
import { type RecordingSpan, type SpanData, type SpanProcessor, STATUS_ERROR } from './span.js'

/** Marks a span that the process has left open: its end is that of the process. */
export const INCOMPLETE = 'autospan.incomplete'

/** So many are known; of more the oldest are forgotten, for they are likely never to end. */
export const MAX_OPEN_SPANS = 10_000

/** The error that ends the process. */
export interface Crash {
  readonly error: unknown
  /** Its `error.type`. */
  readonly type: string
}

/**
 * Knows the spans that have started and not ended, so that they are not lost with the process, and
 * hands on those that end. They are linked to each other: a set would cost a hundred times as much.
 */
export class OpenSpans implements SpanProcessor {
  readonly #processor: SpanProcessor
  readonly #max: number
  #oldest: RecordingSpan | undefined = undefined
  #newest: RecordingSpan | undefined = undefined
  #size = 0

  constructor(processor: SpanProcessor, max: number = MAX_OPEN_SPANS) {
    this.#processor = processor
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  onStart(span: RecordingSpan): void {
    const newest = this.#newest
    this.#newest = span
    if (newest === undefined) {
      this.#oldest = span
    } else {
      newest.newer = span
      span.older = newest
    }
    if (++this.#size > this.#max) this.#remove(this.#oldest as RecordingSpan)
  }

  onEnd(span: RecordingSpan & SpanData): void {
    // Nothing stands before the oldest, nor before one that was forgotten.
    if (span.older !== undefined || span === this.#oldest) this.#remove(span)
    this.#processor.onEnd(span)
  }

  /**
   * Ends all as incomplete, children before their parents; after a crash with its error.
   *
   * @returns how many there were.
   */
  endAll(crash?: Crash): number {
    const size = this.#size
    for (let i = 0; i < size; i++) {
      const span = this.#newest
      if (span === undefined) break
      complete(span)
      if (crash !== undefined) {
        span.recordException(crash.error as Exception)
        span.setAttribute('error.type', crash.type)
        span.setStatus({ code: STATUS_ERROR, message: messageOf(crash.error) })
      }
      span.setAttribute(INCOMPLETE, true)
      span.end()
    }
    return size
  }

  #remove(span: RecordingSpan): void {
    const { older, newer } = span
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    span.older = undefined
    span.newer = undefined
    // A span that the program keeps must not keep its request.
    span.owner = undefined
    this.#size--
  }
}

function complete(span: RecordingSpan): void {
  try {
    span.owner?.describe()
  } catch {
    // What the owner cannot tell any more is missing, and the span is delivered.
  }
}

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message
  return typeof message === 'string' ? message : String(error)
}
