import { createRequire } from 'node:module'
import type { Config, KeepConfig, SamplingConfig } from './config/config.js'
import { HttpConnection } from './export/transport/http-connection.js'
import type { Resource } from './resource/resource.js'
import type { Decider } from './trace/decider.js'
import type { AgentTracerProvider } from './trace/provider.js'
import { alwaysOff, alwaysOn, parentBased, type Sampler } from './trace/sampler.js'
import type { SpanProcessor } from './trace/span.js'
import type { Thinning } from './trace/thinning.js'

const require = createRequire(import.meta.url)

/** Who decides on spans, by one sampling configuration. */
interface Deciding {
  readonly sampler: Sampler
  /** Decides instead of the sampler, where more than that is wanted. */
  readonly decider?: Decider
  /** Called when another configuration decides. */
  readonly end?: () => void
}

/** Has the spans of a provider decided on as the settings say; as they are changed; and fewer recorded for a while. */
export class Judge {
  readonly #config: Config
  readonly #resource: Resource
  readonly #provider: () => AgentTracerProvider
  #sampling: SamplingConfig
  #deciding: Deciding
  #thinning: Thinning | undefined = undefined

  constructor(config: Config, resource: Resource, provider: () => AgentTracerProvider) {
    this.#config = config
    this.#resource = resource
    this.#provider = provider
    this.#sampling = config.traces.sampling
    this.#deciding = this.#create(this.#sampling)
  }

  get sampler(): Sampler {
    return this.#deciding.sampler
  }

  get decider(): Decider | undefined {
    return this.#deciding.decider
  }

  /** From the next span on. */
  resample(sampling: SamplingConfig): void {
    this.#deciding.end?.()
    this.#sampling = sampling
    this.#deciding = this.#create(sampling)
    this.#decide()
  }

  /** From the next span on; undefined for as before. */
  thin(thinning: Thinning | undefined): void {
    this.#thinning = thinning
    this.#decide()
  }

  #decide(): void {
    const thinning = this.#thinning
    // To thin a plain sampler it takes a decider that does the same.
    const decider = this.decider ?? (thinning && this.#createDecider(this.#sampling).decider)
    if (decider !== undefined) decider.thinning = thinning
    this.#provider().decideBy(this.sampler, decider)
  }

  #create(sampling: SamplingConfig): Deciding {
    const { sampler, rules, keep, callers } = sampling
    // What is below a request that is ignored follows it, also where the sampler asks no parent.
    const ignoresMore = this.#config.instrumentations.http !== undefined && !sampler.startsWith('parentbased_')
    const isPlain = sampler.endsWith('always_on') || sampler.endsWith('always_off')
    if (!isPlain || rules.length > 0 || keep !== undefined || callers.policy !== 'obey' || ignoresMore)
      return { sampler: alwaysOn, ...this.#createDecider(sampling) }
    const own = sampler.endsWith('always_on') ? alwaysOn : alwaysOff
    return { sampler: sampler.startsWith('parentbased_') ? parentBased(own) : own }
  }

  #createDecider(sampling: SamplingConfig): { readonly decider: Decider; readonly end: () => void } {
    const { createDecider } = require('./sampling.js') as typeof import('./sampling.js')
    return createDecider(sampling, this.#resource, (socket) => new HttpConnection(socket))
  }
}

/** Holds what is not sampled, where something of it is to be kept. */
export function keeping(keep: KeepConfig | undefined, next: SpanProcessor): SpanProcessor {
  if (keep === undefined) return next
  const { createKeeper } = require('./sampling.js') as typeof import('./sampling.js')
  return createKeeper(keep, next)
}
