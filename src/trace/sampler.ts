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

/** Follows the parent, local or remote; `root` decides where there is none. */
export function parentBased(root: Sampler): Sampler {
  return {
    description: `ParentBased{root=${root.description}}`,
    shouldSample: (parent, traceId) =>
      parent === undefined ? root.shouldSample(parent, traceId) : (parent.traceFlags & FLAG_SAMPLED) !== 0,
  }
}
