import type { MeterOptions, MeterProvider } from '@opentelemetry/api'
import { AgentMeter } from './meter.js'
import type { InstrumentReader, Observer } from './reader.js'

/** Gives one meter for each name, version and schema URL. */
export class AgentMeterProvider implements MeterProvider {
  readonly #readers: readonly InstrumentReader[]
  readonly #meters = new Map<string, AgentMeter>()
  readonly #observers = new Set<Observer>()

  constructor(readers: readonly InstrumentReader[]) {
    this.#readers = readers
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
      meter = new AgentMeter(scope, this.#readers, this.#observers)
      this.#meters.set(key, meter)
    }
    return meter
  }
}
