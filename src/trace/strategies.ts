import { type HeadSampler, probability, rateLimit, type SpanStart, type Verdict } from './head.js'
import { matcher } from './rules.js'

/** Operations that a service may have strategies for; of more the later ones have the default. */
const MAX_OPERATIONS = 1000

/** A strategy as Jaeger's services tell it, in JSON: `SamplingStrategyResponse` of its api_v2. */
interface StrategyResponse {
  readonly probabilisticSampling?: { readonly samplingRate?: unknown }
  readonly rateLimitingSampling?: { readonly maxTracesPerSecond?: unknown }
  readonly operationSampling?: {
    readonly defaultSamplingProbability?: unknown
    readonly defaultLowerBoundTracesPerSecond?: unknown
    readonly perOperationStrategies?: unknown
  }
}

interface OperationStrategy {
  readonly operation?: unknown
  readonly probabilisticSampling?: { readonly samplingRate?: unknown }
}

/** Decides by what a Jaeger collector or agent tells, and until then, or where it tells nothing of use, by a share. */
export class Strategies implements HeadSampler {
  #sampler: HeadSampler
  /** Of the answer in force. */
  #answer: string | undefined = undefined

  constructor(initialShare: number) {
    this.#sampler = probability(initialShare)
  }

  decide(start: SpanStart): Verdict | undefined {
    return this.#sampler.decide(start)
  }

  /**
   * Takes over an answer, in JSON. One that is as before changes nothing, for limits count on.
   *
   * @throws an error where it is no strategy; the former one goes on
   */
  replace(answer: string): void {
    if (answer === this.#answer) return
    this.#sampler = samplerOf(JSON.parse(answer))
    this.#answer = answer
  }
}

function samplerOf(response: StrategyResponse): HeadSampler {
  const { operationSampling, probabilisticSampling, rateLimitingSampling } = response ?? {}
  if (typeof operationSampling === 'object' && operationSampling !== null) return perOperation(operationSampling)
  const perSecond = rateLimitingSampling?.maxTracesPerSecond
  const share = probabilisticSampling?.samplingRate
  if (isShare(share)) return probability(share)
  // A limit of 0 is what is left out of protobuf's JSON.
  if (typeof rateLimitingSampling === 'object' && rateLimitingSampling !== null)
    return typeof perSecond === 'number' && perSecond > 0 ? rateLimit(perSecond) : probability(0)
  if (typeof probabilisticSampling === 'object' && probabilisticSampling !== null) return probability(0)
  throw new Error('the answer holds no sampling strategy')
}

/** By the span's name at its start, or its method and path: `GET /users/:id` is of this kind, for a route comes later. */
function perOperation(sampling: NonNullable<StrategyResponse['operationSampling']>): HeadSampler {
  const { defaultSamplingProbability: share, defaultLowerBoundTracesPerSecond: least } = sampling
  const lowerBound = typeof least === 'number' && least > 0 ? least : 0
  const others = atLeast(probability(isShare(share) ? share : 0), lowerBound)
  const named = new Map<string, HeadSampler>()
  const patterns: { readonly matches: (start: SpanStart) => boolean; readonly sampler: HeadSampler }[] = []
  const list = Array.isArray(sampling.perOperationStrategies) ? sampling.perOperationStrategies : []
  for (const { operation, probabilisticSampling } of list.slice(0, MAX_OPERATIONS) as OperationStrategy[]) {
    const rate = probabilisticSampling?.samplingRate
    if (typeof operation !== 'string') continue
    const sampler = atLeast(probability(isShare(rate) ? rate : 0), lowerBound)
    const [, method, path] = /^([A-Z]+) (\/[^*]*)$/.exec(operation) ?? []
    if (path === undefined) named.set(operation, sampler)
    else patterns.push({ matches: matcher({ method, path, attributes: [] }), sampler })
  }
  return {
    decide(start) {
      const sampler = patterns.find(({ matches }) => matches(start))?.sampler ?? named.get(start.name) ?? others
      return sampler.decide(start)
    },
  }
}

/** Some of each operation, however rare it is. */
function atLeast(sampler: HeadSampler, perSecond: number): HeadSampler {
  if (perSecond === 0) return sampler
  const limit = rateLimit(perSecond)
  return {
    decide(start) {
      const guaranteed = limit.decide(start)
      const verdict = sampler.decide(start)
      return verdict?.sampled === true ? verdict : guaranteed
    },
  }
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1
}
