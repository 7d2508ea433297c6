// Counts its collections by a counter and for a callback. With the second one the wall clock is set back by two hours, and
// after the fifth it ends.
const { metrics } = require('@opentelemetry/api')
const clock = require('./wall-clock.cjs')

const meter = metrics.getMeter('shop')
const counter = meter.createCounter('shop.orders')
let collections = 0
const stay = setInterval(() => {}, 1000)
meter.createObservableCounter('shop.rows').addCallback((result) => {
  collections++
  if (collections === 2) clock.set(-2 * 3600 * 1000)
  if (collections === 5) clearInterval(stay)
  counter.add(1)
  result.observe(collections)
})
