import type { TraceState } from '@opentelemetry/api'
import type { Decision } from './decider.js'
import { isAbove, probabilityIn, randomnessOf, thresholdOf, withThreshold } from './threshold.js'

/** The share of traces that would be recorded, and still are. */
export const SHARE = 0.1

/**
 * Takes nine of ten traces out of those that were to be sampled, by the specification's consistent rule: services that
 * shed at the same time keep the same ones.
 */
export class Thinning {
  /** Traces, as they begin in this process, that were not recorded. */
  dropped = 0
  /** Of the share that was asked for last: to make a threshold costs more than a span. */
  #share = 1
  #threshold = thresholdOf(SHARE)

  /**
   * @param fromAll whether all traces are sampled; else only what `tracestate` tells of their share is known
   * @param empty a `tracestate` without members
   */
  thin<D extends Decision & { readonly traceId: string }>(decision: D, fromAll: boolean, empty: TraceState): D {
    const { traceState, traceId } = decision
    const share = probabilityIn(traceState) ?? (fromAll ? 1 : undefined)
    const threshold = this.#thresholdFor(share ?? 1)
    if (threshold !== undefined && isAbove(threshold, randomnessOf(traceState, traceId))) {
      const told = share === undefined ? undefined : threshold
      return { ...decision, traceState: withThreshold(traceState, told, empty) }
    }
    this.dropped++
    return { ...decision, sampled: false, held: undefined, traceState: withThreshold(traceState, undefined, empty) }
  }

  #thresholdFor(share: number): string | undefined {
    if (share !== this.#share) {
      this.#share = share
      this.#threshold = thresholdOf(SHARE * share)
    }
    return this.#threshold
  }
}
