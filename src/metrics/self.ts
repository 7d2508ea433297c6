import { ROOT_CONTEXT } from '../context/context.js'
import { hearDurations, selfCounters } from '../diag/counters.js'
import type { ObservableInstrument } from './instruments.js'
import type { AgentMeter } from './meter.js'

/** In seconds; those of HTTP requests, which most of these are. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

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
  const advice = { explicitBucketBoundaries: BOUNDARIES }
  hearDurations((name, seconds, attributes) => {
    // The same one each time.
    meter.createHistogram(name, { unit: 's', advice, isBackground: true }).record(seconds, attributes, ROOT_CONTEXT)
  })
}
