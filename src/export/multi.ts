import type { SpanProcessor } from '../trace/span.js'

/** Hands every span to each of `processors`, in order; one of them is returned as it is. */
export function fanOut(processors: readonly SpanProcessor[]): SpanProcessor {
  if (processors.length === 1) return processors[0]!
  return {
    onEnd(span) {
      for (const processor of processors) processor.onEnd(span)
    },
  }
}
