import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api'
import { diag } from '../diag/diag.js'

/** A propagator that is loaded when there is something to extract or to inject. */
export class LatePropagator implements TextMapPropagator {
  readonly #load: () => TextMapPropagator
  #loaded: TextMapPropagator | undefined = undefined

  constructor(load: () => TextMapPropagator) {
    this.#load = load
  }

  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    this.#propagator().inject(context, carrier, setter)
  }

  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    return this.#propagator().extract(context, carrier, getter)
  }

  fields(): string[] {
    return this.#propagator().fields()
  }

  #propagator(): TextMapPropagator {
    return this.#loaded ?? this.#loadOnce()
  }

  #loadOnce(): TextMapPropagator {
    try {
      this.#loaded = this.#load()
    } catch (error) {
      diag.fault('the propagators', error)
      this.#loaded = NOTHING
    }
    return this.#loaded
  }
}

/** Propagates nothing. */
export const NOTHING: TextMapPropagator = {
  inject() {},

  extract(context) {
    return context
  },

  fields() {
    return []
  },
}
