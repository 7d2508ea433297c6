import { diag } from '../../diag/diag.js'
import type { SpanData, SpanProcessor } from '../../trace/span.js'
import type { Exporter } from '../exporter.js'
import { type DrawnSpan, drawnSpan } from './drawn-span.js'
import { drawTrace } from './tree.js'

/** The width of a line where there is no terminal to ask. */
const DEFAULT_WIDTH = 100

export interface ConsoleOptions {
  readonly serviceName: string
  /** Takes whole lines; what it throws is swallowed. */
  readonly write: (text: string) => void
  readonly colour: boolean
  /** Columns of a line. */
  readonly width?: number
  /** Spans held for traces that are not complete, and ids of spans that late children may ask for. */
  readonly maxSpans?: number
  /** Whether the span has started in this process and not ended. */
  readonly isOpen?: (spanId: string) => boolean
}

/**
 * Prints each trace as a tree when its local root has ended: the span without a parent in this process. The parent of a
 * program that calls itself is remote and in this process as well, so that one is waited for. A span that ends after its
 * parent was printed follows as a small tree of its own. When too much is held, the oldest trace is printed as it is.
 */
export class ConsoleProcessor implements SpanProcessor, Exporter {
  readonly #serviceName: string
  readonly #write: (text: string) => void
  readonly #colour: boolean
  readonly #width: number
  readonly #maxSpans: number
  readonly #isOpen: (spanId: string) => boolean
  /** Oldest first. */
  readonly #traces = new Map<string, OpenTrace>()
  #size = 0

  constructor(options: ConsoleOptions) {
    const { serviceName, write, colour, width = DEFAULT_WIDTH, maxSpans = 10_000, isOpen = () => false } = options
    this.#serviceName = serviceName
    this.#write = write
    this.#colour = colour
    this.#width = width
    this.#maxSpans = maxSpans
    this.#isOpen = isOpen
  }

  onEnd(span: SpanData): void {
    try {
      this.#take(span)
    } catch (error) {
      diag.fault('console exporter', error)
    }
  }

  get unflushed(): boolean {
    for (const { held } of this.#traces.values()) if (held.size > 0) return true
    return false
  }

  /** Prints what is held, complete or not. */
  async flush(): Promise<void> {
    this.close()
  }

  /** As `flush`, before it returns. Spans that come later are printed all the same. */
  close(): void {
    try {
      for (const traceId of [...this.#traces.keys()]) this.#forget(traceId)
    } catch (error) {
      diag.fault('console exporter', error)
    }
  }

  handOver(): readonly [] {
    this.close()
    return []
  }

  conclude(): void {}

  #take(span: SpanData): void {
    let trace = this.#traces.get(span.traceId)
    if (trace === undefined) {
      trace = { held: new Map(), printed: new Set() }
      this.#traces.set(span.traceId, trace)
    }
    trace.held.set(span.spanId, drawnSpan(span, this.#serviceName))
    this.#size++
    const late = trace.printed.has(span.parentSpanId)
    if (late || span.parentSpanId === '' || (span.parentIsRemote && !this.#isOpen(span.parentSpanId))) {
      this.#print(takeTree(trace, span.spanId), late ? 'late' : noteOfParent(span))
    }
    for (const oldest of this.#traces.keys()) {
      if (this.#size <= this.#maxSpans) break
      this.#forget(oldest)
    }
  }

  #forget(traceId: string): void {
    const trace = this.#traces.get(traceId)
    if (trace === undefined) return
    this.#traces.delete(traceId)
    this.#size -= trace.held.size + trace.printed.size
    if (trace.held.size > 0) this.#print([...trace.held.values()], 'incomplete')
  }

  #print(spans: readonly DrawnSpan[], note: string | undefined): void {
    const options = { width: this.#width, colour: this.#colour }
    this.#write(`${drawTrace(spans, note === undefined ? options : { ...options, note })}\n`)
  }
}

/**
 * Whether to colour: `FORCE_COLOR` wins over `NO_COLOR` (no-color.org), as in Node itself, and both over the terminal.
 */
export function wantsColour(isTerminal: boolean, noColor: string | undefined, forceColor: string | undefined): boolean {
  if (forceColor !== undefined && forceColor !== '') return forceColor !== '0' && forceColor !== 'false'
  return isTerminal && (noColor === undefined || noColor === '')
}

/** A trace of which spans have ended. Spans move from `held` to `printed`, where their ids stay for late children. */
interface OpenTrace {
  readonly held: Map<string, DrawnSpan>
  readonly printed: Set<string>
}

/** Takes the span and its held descendants out of the trace. */
function takeTree(trace: OpenTrace, rootId: string): DrawnSpan[] {
  const children = new Map<string, string[]>()
  for (const { id, parentId } of trace.held.values()) {
    const siblings = children.get(parentId)
    if (siblings === undefined) children.set(parentId, [id])
    else siblings.push(id)
  }
  const tree: DrawnSpan[] = []
  const pending = [rootId]
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const span = trace.held.get(id)
    if (span === undefined) continue
    trace.held.delete(id)
    trace.printed.add(id)
    tree.push(span)
    for (const child of children.get(id) ?? []) pending.push(child)
  }
  return tree
}

function noteOfParent(span: SpanData): string | undefined {
  return span.parentIsRemote ? `remote parent ${span.parentSpanId}` : undefined
}
