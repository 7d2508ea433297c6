// A job of which nothing is measured but what a callback observes, and that has it delivered after each step but the last.
import { metrics } from '@opentelemetry/api'

let rows = 1
const counter = metrics.getMeter('shop').createObservableCounter('shop.rows')
counter.addCallback((result) => result.observe(rows))
await metrics.getMeterProvider().forceFlush()
rows = 2
await metrics.getMeterProvider().forceFlush()
rows = 3
