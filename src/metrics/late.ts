import type { Meter, MeterOptions, MeterProvider } from '@opentelemetry/api'
import { diag } from '../diag/diag.js'
import { LateProvider } from '../trace/late-provider.js'

/** A provider that is loaded when the program first asks it for a meter. */
export class LateMeterProvider extends LateProvider implements MeterProvider {
  readonly #load: () => MeterProvider

  constructor(load: () => MeterProvider, deliver: () => Promise<void>) {
    super(deliver)
    this.#load = load
  }

  getMeter(name: string, version?: string, options?: MeterOptions): Meter {
    try {
      return this.#load().getMeter(name, version, options)
    } catch (error) {
      diag.fault('the meter provider', error)
      return noMeter()
    }
  }
}

/** For an installation of which a part is gone: the program goes on unmeasured. */
function noMeter(): Meter {
  const ignore = () => {}
  const instrument = { add: ignore, record: ignore, addCallback: ignore, removeCallback: ignore }
  const create = () => instrument
  return {
    createCounter: create,
    createUpDownCounter: create,
    createHistogram: create,
    createGauge: create,
    createObservableCounter: create,
    createObservableUpDownCounter: create,
    createObservableGauge: create,
    addBatchObservableCallback: ignore,
    removeBatchObservableCallback: ignore,
  }
}
