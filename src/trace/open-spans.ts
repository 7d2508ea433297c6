import { ownText } from './own-text.js'
import {
  type ExceptionLog,
  ownExceptionAttributes,
  type RecordingSpan,
  type SpanData,
  type SpanProcessor,
  STATUS_ERROR,
} from './span.js'
import { messageOf } from './thrown.js'

/** Marks a span that the process has left open: its end is that of the process. */
const INCOMPLETE = 'autospan.incomplete'

/** So many are known; of more the oldest are forgotten, for they are likely never to end. */
const MAX_OPEN_SPANS = 10_000

/**
 * Knows the spans that have started and not ended, so that they are not lost with the process, and
 * hands on those that end. They are linked to each other: a set would cost a hundred times as much.
 */
export class OpenSpans implements SpanProcessor {
  readonly #processor: SpanProcessor
  /** Who is handed spans: the processor, or what stands before it for a while. */
  #next: SpanProcessor
  readonly #exceptionLog: ExceptionLog | undefined
  readonly #max: number
  #oldest: RecordingSpan | undefined = undefined
  #newest: RecordingSpan | undefined = undefined
  #size = 0
  /** The one that has been told: a process may leave by several doors, as by `exit` and then `reallyExit`. */
  #crash: { readonly error: unknown } | undefined = undefined
  /** Spans that have started, recorded and not: `otel.sdk.span.started`. */
  recorded = 0
  notSampled = 0
  /** Whether the processor has ended spans concluded itself, before it looks at them. */
  concludesLater = false
  /** Called when a span starts and no other is open. */
  onFirst: () => void = () => {}

  constructor(processor: SpanProcessor, exceptionLog?: ExceptionLog, max: number = MAX_OPEN_SPANS) {
    this.#processor = processor
    this.#next = processor
    this.#exceptionLog = exceptionLog
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  /** Looks at all that are open, from the newest: for eyes, not for the way of each span. */
  isOpen(spanId: string): boolean {
    for (let span = this.#newest; span !== undefined; span = span.older) {
      if (span.spanContext().spanId === spanId) return true
    }
    return false
  }

  /** Has spans pass through what `wrap` makes of their processor; undefined for the processor alone. */
  passThrough(wrap: ((next: SpanProcessor) => SpanProcessor) | undefined): void {
    this.#next = wrap?.(this.#processor) ?? this.#processor
  }

  onStart(span: RecordingSpan): void {
    this.recorded++
    const newest = this.#newest
    this.#newest = span
    if (newest === undefined) {
      this.#oldest = span
      this.onFirst()
    } else {
      newest.newer = span
      span.older = newest
    }
    if (++this.#size > this.#max) this.#remove(this.#oldest as RecordingSpan)
  }

  onEnd(span: RecordingSpan & SpanData): void {
    // Nothing stands before the oldest, nor before one that was forgotten.
    if (span.older !== undefined || span === this.#oldest) this.#remove(span)
    if (!this.concludesLater || this.#next !== this.#processor) span.conclude()
    this.#next.onEnd(span)
  }

  /**
   * Ends all as incomplete, children before their parents; with the error that ends the process, if
   * there is one. Never throws. `errorType` gives the attribute `error.type`.
   */
  endAll(crash: { readonly error: unknown } | undefined, errorType: (error: unknown) => string): void {
    if (crash !== undefined && crash !== this.#crash) this.#exceptionLog?.onCrash(crash.error, this.#newest)
    this.#crash = crash
    const asEvents = this.#exceptionLog?.alsoOnSpans !== false
    for (let left = this.#size; left > 0 && this.#newest !== undefined; left--) {
      const span = this.#newest
      try {
        span.owner?.describe()
        if (crash !== undefined) recordCrash(span, crash.error, errorType(crash.error), asEvents)
      } catch {
        // An owner or an error that cannot be asked: the rest is delivered.
      }
      span.setAttribute(INCOMPLETE, true)
      span.end()
    }
  }

  #remove(span: RecordingSpan): void {
    const { older, newer } = span
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    span.older = undefined
    span.newer = undefined
    this.#size--
  }
}

function recordCrash(span: RecordingSpan, error: unknown, type: string, asEvent: boolean): void {
  span.setStatus({ code: STATUS_ERROR, message: ownText(messageOf(error)) })
  span.setAttribute('error.type', type)
  if (asEvent) span.addEvent('exception', ownExceptionAttributes(error))
}
