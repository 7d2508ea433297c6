import type { TracerOptions, TracerProvider } from '@opentelemetry/api'
import type { Decider } from './decider.js'
import { DEFAULT_LIMITS, type SpanLimits } from './limits.js'
import { OpenSpans } from './open-spans.js'
import type { Sampler } from './sampler.js'
import { type IsDouble, SilentTracer } from './silent.js'
import type { ExceptionLog, SpanProcessor, SpanSettings } from './span.js'
import { AgentTracer } from './tracer.js'

export interface TracerProviderSettings {
  readonly sampler: Sampler
  /** Decides instead of the sampler, where more than that is wanted. */
  readonly decider?: Decider | undefined
  readonly limits: SpanLimits
  readonly processor: SpanProcessor
  /** Undefined where exceptions are events of spans only. */
  readonly exceptionLog?: ExceptionLog | undefined
  /** Tells by a tracer's name which spans of it are there already; undefined for none. */
  readonly doublesOf?: (name: string) => IsDouble | undefined
}

/** Gives one tracer for each name, version and schema URL. */
export class AgentTracerProvider implements TracerProvider {
  readonly openSpans: OpenSpans
  readonly #tracers = new Map<string, AgentTracer>()
  #sampler: Sampler
  #decider: Decider | undefined
  readonly #settings: SpanSettings
  readonly #doublesOf: (name: string) => IsDouble | undefined

  constructor({ sampler, decider, limits, processor, exceptionLog, doublesOf }: TracerProviderSettings) {
    const valueLength = limits.attributeValueLength
    this.#sampler = sampler
    this.#decider = decider
    this.#doublesOf = doublesOf ?? (() => undefined)
    this.openSpans = new OpenSpans(processor, exceptionLog)
    const sharesAttributes =
      valueLength === Number.POSITIVE_INFINITY && limits.attributeCount >= DEFAULT_LIMITS.attributeCount
    this.#settings = {
      limits,
      processor: this.openSpans,
      exceptionLog,
      spanBounds: { count: limits.attributeCount, valueLength },
      eventBounds: { count: limits.attributesPerEvent, valueLength },
      sharesAttributes,
      plainEntries: sharesAttributes ? 2 * limits.attributeCount : -1,
      linkBounds: { count: limits.attributesPerLink, valueLength },
    }
  }

  /** Has others decide on the spans of all tracers, from the next one on. */
  decideBy(sampler: Sampler, decider: Decider | undefined): void {
    this.#sampler = sampler
    this.#decider = decider
    for (const tracer of this.#tracers.values()) tracer.decideBy(sampler, decider)
  }

  getTracer(name: string, version = '', options?: TracerOptions): AgentTracer {
    const scope = { name: String(name ?? ''), version: String(version), schemaUrl: String(options?.schemaUrl ?? '') }
    const key = `${scope.name}\n${scope.version}\n${scope.schemaUrl}`
    let tracer = this.#tracers.get(key)
    if (tracer === undefined) {
      const isDouble = this.#doublesOf(scope.name)
      const settings = [this.#settings, this.openSpans, this.#sampler, scope, this.#decider] as const
      tracer = isDouble === undefined ? new AgentTracer(...settings) : new SilentTracer(isDouble, ...settings)
      this.#tracers.set(key, tracer)
    }
    return tracer
  }
}
