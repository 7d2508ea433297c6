import { ROOT_CONTEXT } from '../context/context.js'
import { hearDurations, selfCounters } from '../diag/counters.js'
import { SECONDS } from './instrument.js'
import type { ObservableInstrument } from './instruments.js'
import type { AgentMeter } from './meter.js'

/** What the agent counts of itself, as metrics: an instrument for each name, made when somebody first counts by it. */
export function measureSelf(meter: AgentMeter): void {
  const instruments = new Map<string, ObservableInstrument>()
  meter.observe((observe) => {
    for (const { name, isMonotonic, unit, attributes, read } of selfCounters()) {
      let instrument = instruments.get(name)
      if (instrument === undefined) {
        const options = { unit, valueType: 0 }
        instrument = isMonotonic
          ? meter.createObservableCounter(name, options)
          : meter.createObservableUpDownCounter(name, options)
        instruments.set(name, instrument)
      }
      observe(instrument, read(), attributes)
    }
  })
  const advice = { explicitBucketBoundaries: [...SECONDS] }
  hearDurations((name, seconds, attributes) => {
    // The same one each time.
    meter.createHistogram(name, { unit: 's', advice, isBackground: true }).record(seconds, attributes, ROOT_CONTEXT)
  })
}
