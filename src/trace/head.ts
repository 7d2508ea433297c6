import { now as monotonicNow } from './clock.js'
import { isAbove, thresholdOf } from './threshold.js'

/** What is known of a span at its start, for those who decide more finely than a sampler. */
export interface SpanStart {
  readonly name: string
  readonly traceId: string
  /** 14 hex digits: see threshold.ts. */
  readonly randomness: string
  /** An attribute that it starts with. */
  attribute(key: string): unknown
}

/** Whether a trace that begins here is sampled. `threshold` is known where chance alone has decided. */
export interface Verdict {
  readonly sampled: boolean
  readonly threshold: string | undefined
}

/** Decides on traces that begin here, or whose caller's decision does not count. Never throws. */
export interface HeadSampler {
  /** Undefined leaves the decision to the next. */
  decide(start: SpanStart): Verdict | undefined
}

const DROPPED: Verdict = { sampled: false, threshold: undefined }
/** Sampled, and nobody can tell what share of its like is. */
const CHOSEN: Verdict = { sampled: true, threshold: undefined }

/** The share `probability` of traces, from 0 to 1, the same ones in all services. */
export function probability(share: number): HeadSampler {
  const threshold = thresholdOf(share)
  if (threshold === undefined) return { decide: () => DROPPED }
  const verdict = { sampled: true, threshold }
  return { decide: ({ randomness }) => (isAbove(threshold, randomness) ? verdict : DROPPED) }
}

/** At most so many traces a second, on the average; after a pause those of one second at once, and one at least. */
export function rateLimit(perSecond: number, now: () => number = monotonicNow): HeadSampler {
  const capacity = Math.max(1, perSecond)
  let tokens = capacity
  let filledAt = now()
  return {
    decide() {
      const at = now()
      tokens = Math.min(capacity, tokens + ((at - filledAt) * perSecond) / 1000)
      filledAt = at
      if (tokens < 1) return DROPPED
      tokens--
      return CHOSEN
    },
  }
}

/** The first of several that has an answer. */
export function firstOf(samplers: readonly HeadSampler[]): HeadSampler {
  return {
    decide(start) {
      for (const sampler of samplers) {
        const verdict = sampler.decide(start)
        if (verdict !== undefined) return verdict
      }
      return undefined
    },
  }
}
