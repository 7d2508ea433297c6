import { type AttributeList, SharedAttributes, type Value } from './attributes.js'
import type { RecordingSpan, SpanEvent, SpanProcessor } from './span.js'

/** Characters from which on a text is long. */
export const LONG = 64

/** What the conventions require of HTTP and databases, and what tells an error: kept, however long. */
const KEPT: ReadonlySet<unknown> = new Set([
  'url.full',
  'url.path',
  'http.route',
  'server.address',
  'error.type',
  'exception.type',
  'exception.message',
  'db.query.summary',
  'db.namespace',
  'db.collection.name',
])

interface Lean {
  readonly shared: SharedAttributes
  readonly dropped: number
}

/** Leaves out what is long of ended spans, and counts it on them as the specification counts what exceeds limits. */
export class LeanSpans {
  /** Attributes that were left out. */
  dropped = 0
  readonly #shared = new WeakMap<SharedAttributes, Lean>()

  /** To be handed spans in the place of `next`. */
  before(next: SpanProcessor): SpanProcessor {
    return {
      onEnd: (span) => {
        this.#lighten(span as RecordingSpan)
        next.onEnd(span)
      },
    }
  }

  #lighten(span: RecordingSpan): void {
    let dropped = dropLong(span.attributes)
    if (span.shared !== undefined) {
      const { shared, dropped: ofShared } = this.#leanOf(span.shared)
      span.shared = shared
      dropped += ofShared
    }
    span.droppedAttributes += dropped
    this.dropped += dropped
    if (span.events !== undefined) span.events = span.events.map((event) => this.#lightened(event))
  }

  #lightened(event: SpanEvent): SpanEvent {
    const dropped = dropLong(event.attributes)
    this.dropped += dropped
    return dropped === 0 ? event : { ...event, droppedAttributes: event.droppedAttributes + dropped }
  }

  #leanOf(shared: SharedAttributes): Lean {
    let lean = this.#shared.get(shared)
    if (lean === undefined) {
      const list = [...shared.list]
      const dropped = dropLong(list)
      lean = { shared: dropped === 0 ? shared : new SharedAttributes(list), dropped }
      this.#shared.set(shared, lean)
    }
    return lean
  }
}

/** In place; @returns how many went. */
function dropLong(list: AttributeList): number {
  let to = 0
  for (let from = 0; from < list.length; from += 2) {
    if (isLong(list[from + 1]) && !KEPT.has(list[from])) continue
    list[to++] = list[from]
    list[to++] = list[from + 1]
  }
  const dropped = (list.length - to) / 2
  list.length = to
  return dropped
}

function isLong(value: Value | undefined): boolean {
  return typeof value === 'string' ? value.length > LONG : typeof value === 'object' && value !== null
}
