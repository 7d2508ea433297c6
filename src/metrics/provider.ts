import type { MeterOptions, MeterProvider } from '@opentelemetry/api'
import { AgentMeter } from './meter.js'
import type { InstrumentReader, Observer } from './reader.js'

/** Gives one meter for each name, version and schema URL. */
export class AgentMeterProvider implements MeterProvider {
  readonly #readers: readonly InstrumentReader[]
  readonly #meters = new Map<string, AgentMeter>()
  readonly #observers = new Set<Observer>()
  readonly #isDouble: (scope: string) => boolean

  /** @param isDouble tells by a meter's name whether what it measures is there already: it is counted nowhere then */
  constructor(readers: readonly InstrumentReader[], isDouble: (scope: string) => boolean = () => false) {
    this.#readers = readers
    this.#isDouble = isDouble
    for (const reader of readers) reader.attach(this.#observers)
  }

  /** How many there are. */
  get readers(): number {
    return this.#readers.length
  }

  getMeter(name: string, version = '', options?: MeterOptions): AgentMeter {
    const scope = { name: String(name ?? ''), version: String(version), schemaUrl: String(options?.schemaUrl ?? '') }
    const key = `${scope.name}\n${scope.version}\n${scope.schemaUrl}`
    let meter = this.#meters.get(key)
    if (meter === undefined) {
      const isDouble = this.#isDouble(scope.name)
      meter = new AgentMeter(scope, isDouble ? [] : this.#readers, isDouble ? new Set() : this.#observers)
      this.#meters.set(key, meter)
    }
    return meter
  }
}
