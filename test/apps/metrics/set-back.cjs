// Has five collections delivered, one after the other. Before the second one the wall clock is set back by two hours.
const { metrics } = require('@opentelemetry/api')
const clock = require('./wall-clock.cjs')

const provider = metrics.getMeterProvider()
const meter = provider.getMeter('shop')
const counter = meter.createCounter('shop.orders')
meter.createObservableCounter('shop.rows').addCallback((result) => result.observe(1))

async function main() {
  for (let collection = 1; collection <= 5; collection++) {
    if (collection === 2) clock.set(-2 * 3600 * 1000)
    // The agent looks at the clock once a millisecond at most.
    const setAt = performance.now()
    while (performance.now() - setAt < 2);
    counter.add(1)
    await provider.forceFlush()
  }
}

main()
