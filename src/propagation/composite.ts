import { createRequire } from 'node:module'
import type { TextMapPropagator } from '@opentelemetry/api'
import type { PropagatorName } from '../config/config.js'
import { baggage } from './baggage.js'
import { NOTHING } from './late.js'
import { traceContext } from './trace-context.js'

const require = createRequire(import.meta.url)

/**
 * The propagators of `OTEL_PROPAGATORS` as one, in their order and each once. `none`, wherever it
 * stands, and an empty list propagate nothing.
 */
export function createPropagator(names: readonly PropagatorName[]): TextMapPropagator {
  const propagators: TextMapPropagator[] = []
  for (const name of new Set(names)) {
    if (name === 'none') return NOTHING
    propagators.push(named(name))
  }
  const [first = NOTHING] = propagators
  return propagators.length > 1 ? composite(propagators) : first
}

function named(name: Exclude<PropagatorName, 'none'>): TextMapPropagator {
  if (name === 'tracecontext') return traceContext
  if (name === 'baggage') return baggage
  const { FORMATS } = require('./formats.js') as typeof import('./formats.js')
  return FORMATS[name]
}

function composite(propagators: readonly TextMapPropagator[]): TextMapPropagator {
  return {
    inject(context, carrier, setter) {
      for (const propagator of propagators) propagator.inject(context, carrier, setter)
    },

    extract(context, carrier, getter) {
      let extracted = context
      for (const propagator of propagators) extracted = propagator.extract(extracted, carrier, getter)
      return extracted
    },

    fields() {
      return [...new Set(propagators.flatMap((propagator) => propagator.fields()))]
    },
  }
}
