import { toUnixMillis } from './clock.js'
import { RecordingSpan, type SpanData, type SpanProcessor, STATUS_ERROR } from './span.js'

/** Tells on the first span of a trace's local part why it was kept: `error` or `slow`. */
export const KEPT = 'autospan.kept'
/** How many spans of that part are missing, for there were more than could be held. */
export const KEPT_MISSING = 'autospan.kept.missing_spans'

/** Spans of one trace that are held; of more the later ones are left out. */
const MAX_SPANS_OF_TRACE = 1000

export interface KeepSettings {
  /** The local part of a trace is kept when its first span has failed. */
  readonly errors: boolean
  /** Milliseconds from which on its first span is slow; `Infinity` for never. */
  readonly slowMillis: number
  /** Ended spans that are held in all. */
  readonly maxSpans: number
}

/** The part of a trace in this process, which the head decision has dropped. */
export class HeldTrace {
  spans: RecordingSpan[] = []
  missing = 0
  verdict: 'open' | 'kept' | 'dropped' = 'open'
  /** Its first span. */
  root: RecordingSpan | undefined = undefined
}

/** A span that records and is not sampled: its flags say so, to other services and when it is exported. */
export class HeldSpan extends RecordingSpan {
  readonly trace: HeldTrace

  constructor(trace: HeldTrace, ...args: ConstructorParameters<typeof RecordingSpan>) {
    super(...args)
    this.trace = trace
    trace.root ??= this
  }
}

/** Passes on what is sampled, and holds what is not until the first span of its part of the trace has ended. */
export class Keeper implements SpanProcessor {
  readonly #settings: KeepSettings
  readonly #next: SpanProcessor
  /** Those that hold spans, the oldest first. */
  readonly #traces = new Set<HeldTrace>()
  #size = 0
  /** Spans of traces that had failed or were slow, or might have: not held any more when that was known. */
  missed = 0
  /** Spans that were kept. */
  kept = 0

  constructor(settings: KeepSettings, next: SpanProcessor) {
    this.#settings = settings
    this.#next = next
  }

  /** Ended spans that are held now. */
  get size(): number {
    return this.#size
  }

  onEnd(span: SpanData): void {
    if (!(span instanceof HeldSpan)) {
      this.#next.onEnd(span)
      return
    }
    const { trace } = span
    if (span === trace.root) this.#decide(trace, span)
    else if (trace.verdict === 'kept') this.#pass(span)
    else if (trace.verdict === 'open') this.#hold(trace, span)
  }

  #hold(trace: HeldTrace, span: RecordingSpan): void {
    if (trace.spans.length >= MAX_SPANS_OF_TRACE) {
      trace.missing++
      this.missed++
      return
    }
    trace.spans.push(span)
    this.#traces.add(trace)
    this.#size++
    if (this.#size <= this.#settings.maxSpans) return
    // The oldest: perhaps its first span never ends.
    for (const oldest of this.#traces) {
      this.missed += oldest.spans.length
      oldest.missing += oldest.spans.length
      this.#forget(oldest)
      break
    }
  }

  #decide(trace: HeldTrace, root: RecordingSpan): void {
    const reason = this.#reasonToKeep(root)
    const { spans } = trace
    this.#forget(trace)
    trace.verdict = reason === undefined ? 'dropped' : 'kept'
    trace.root = undefined
    if (reason === undefined) return
    for (const span of spans) this.#pass(span)
    root.attributes.push(KEPT, reason)
    if (trace.missing > 0) root.attributes.push(KEPT_MISSING, trace.missing)
    this.#pass(root)
  }

  #reasonToKeep(root: RecordingSpan): 'error' | 'slow' | undefined {
    const { errors, slowMillis } = this.#settings
    if (errors && root.statusCode === STATUS_ERROR) return 'error'
    const millis = toUnixMillis(root.endTime, root.anchor) - toUnixMillis(root.startTime, root.anchor)
    return millis >= slowMillis ? 'slow' : undefined
  }

  #forget(trace: HeldTrace): void {
    if (!this.#traces.delete(trace)) return
    this.#size -= trace.spans.length
    trace.spans = []
  }

  #pass(span: RecordingSpan): void {
    this.kept++
    this.#next.onEnd(span)
  }
}
