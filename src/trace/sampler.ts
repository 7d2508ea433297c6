import type { SpanContext } from '@opentelemetry/api'
import { FLAG_SAMPLED } from './span.js'

/** Decides at a span's start whether it is recorded and exported. Never throws. */
export interface Sampler {
  /** The name and settings, as the specification spells them. */
  readonly description: string
  /** `parent` is a valid span context, or undefined for a root span. */
  shouldSample(parent: SpanContext | undefined, traceId: string): boolean
}

export const alwaysOn: Sampler = { description: 'AlwaysOnSampler', shouldSample: () => true }

export const alwaysOff: Sampler = { description: 'AlwaysOffSampler', shouldSample: () => false }

/**
 * Samples the share `ratio` (0 to 1) of all traces, by the trace id alone, so that all services
 * decide alike and a higher ratio includes what a lower one samples.
 *
 * The rule is that of the specification's ProbabilitySampler: the low 56 bits of the id, which are
 * random, against a rejection threshold. Compared by their high 48 bits, exact in a double.
 */
export function traceIdRatio(ratio: number): Sampler {
  const threshold = Math.round((1 - ratio) * 2 ** 48)
  return {
    description: `TraceIdRatioBased{${ratio.toFixed(6)}}`,
    shouldSample: (_parent, traceId) => Number.parseInt(traceId.slice(18, 30), 16) >= threshold,
  }
}

/** Follows the parent, local or remote; `root` decides where there is none. */
export function parentBased(root: Sampler): Sampler {
  return {
    description: `ParentBased{root=${root.description}}`,
    shouldSample: (parent, traceId) =>
      parent === undefined ? root.shouldSample(parent, traceId) : (parent.traceFlags & FLAG_SAMPLED) !== 0,
  }
}
