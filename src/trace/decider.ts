import type { SpanContext, TraceState } from '@opentelemetry/api'
import type { HeadSampler, SpanStart } from './head.js'
import { HeldSpan, HeldTrace } from './held.js'
import { CONSUMER, SERVER } from './kind.js'
import { FLAG_SAMPLED, type RecordingSpan } from './span.js'
import type { Thinning } from './thinning.js'
import { randomnessOf, withThreshold } from './threshold.js'

/** What a caller that is not trusted has a say in: all, the trace but not the decision, or nothing but a link to it. */
export type CallerPolicy = 'obey' | 'ignore' | 'link'

export interface DeciderSettings {
  /** Decides where no caller does. */
  readonly head: HeadSampler
  /** Whether `head` samples all. */
  readonly samplesAll: boolean
  /** Whether a caller's decision counts, as parent-based samplers have it. */
  readonly followsCallers: boolean
  readonly callers: CallerPolicy
  /** Whether the policy is not for a caller of this address. */
  readonly isTrusted: (address: string) => boolean
  /** Whether what is dropped is held until it is known whether it matters. */
  readonly holds: boolean
  /** A `tracestate` without members. */
  readonly emptyState: TraceState
}

/** A span that is about to start. */
export interface Candidate extends Omit<SpanStart, 'randomness'> {
  readonly kind: number
  /** Of the trace that it would be in: the parent's, or a new one. */
  readonly parent: SpanContext | undefined
  /** The parent, where it records in this process. */
  readonly parentSpan: RecordingSpan | undefined
}

export interface Decision {
  readonly sampled: boolean
  /** Set where the span is recorded without being sampled. */
  readonly held: HeldTrace | undefined
  readonly traceState: TraceState | undefined
  /** The caller to whom the new trace has a link; the span is then a root. */
  readonly link: SpanContext | undefined
}

/** What becomes of a span, where more than a plain sampler is wanted. */
export class Decider {
  /** Set while fewer traces are to be recorded than the settings say. */
  thinning: Thinning | undefined = undefined
  readonly #settings: DeciderSettings

  constructor(settings: DeciderSettings) {
    this.#settings = settings
  }

  /** A span that records and is not sampled. */
  hold(trace: HeldTrace, parts: ConstructorParameters<typeof RecordingSpan>): RecordingSpan {
    return new HeldSpan(trace, ...parts)
  }

  /** `newTraceId` is called where the span is to begin a trace of its own; the answer's `link` tells. */
  decide(candidate: Candidate, newTraceId: () => string): Decision & { readonly traceId: string } {
    const { parent, parentSpan, traceId } = candidate
    const traceState = parent?.traceState
    if (parent !== undefined && parent.isRemote !== true) {
      const held = parentSpan instanceof HeldSpan ? parentSpan.trace : undefined
      return { sampled: isSampled(parent), held, traceState, link: undefined, traceId }
    }
    const decision = this.#decideEntry(candidate, newTraceId)
    if (this.thinning === undefined || !decision.sampled) return decision
    const { samplesAll, emptyState } = this.#settings
    return this.thinning.thin(decision, samplesAll && parent === undefined, emptyState)
  }

  /** On a span that is the first of its trace in this process. */
  #decideEntry(candidate: Candidate, newTraceId: () => string): Decision & { readonly traceId: string } {
    const { parent, traceId } = candidate
    const traceState = parent?.traceState
    const policy = this.#policyFor(candidate)
    if (parent !== undefined && policy === 'obey' && this.#settings.followsCallers) {
      return this.#orHeld({ sampled: isSampled(parent), held: undefined, traceState, link: undefined, traceId })
    }
    const link = policy === 'link' ? parent : undefined
    return this.#decideHere(candidate, link, link === undefined ? traceId : newTraceId())
  }

  #decideHere(candidate: Candidate, link: SpanContext | undefined, traceId: string) {
    const { head, emptyState } = this.#settings
    const given = link === undefined ? candidate.parent?.traceState : undefined
    const start: SpanStart = {
      name: candidate.name,
      traceId,
      randomness: randomnessOf(given, traceId),
      attribute: (key) => candidate.attribute(key),
    }
    const { sampled, threshold } = head.decide(start) ?? { sampled: true, threshold: undefined }
    const traceState = withThreshold(given, sampled ? threshold : undefined, emptyState)
    return this.#orHeld({ sampled, held: undefined, traceState, link, traceId })
  }

  #orHeld<D extends Decision>(decision: D): D {
    return decision.sampled || !this.#settings.holds ? decision : { ...decision, held: new HeldTrace() }
  }

  #policyFor({ parent, kind, attribute }: Candidate): CallerPolicy {
    const { callers, isTrusted } = this.#settings
    if (callers === 'obey' || parent === undefined || (kind !== SERVER && kind !== CONSUMER)) return 'obey'
    const address = attribute('network.peer.address')
    return typeof address === 'string' && isTrusted(address) ? 'obey' : callers
  }
}

function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & FLAG_SAMPLED) !== 0
}
