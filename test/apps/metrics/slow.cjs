// A job whose callback takes its time, as one that asks a database; with ENDLESS there is another, of which nothing comes.
// With SERVES it goes on.
const { metrics } = require('@opentelemetry/api')

const meter = metrics.getMeter('shop')
meter.createCounter('shop.jobs').add(1)
meter.createObservableGauge('shop.level').addCallback(async (result) => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  result.observe(5)
})
if (process.env.ENDLESS !== undefined) {
  meter.createObservableGauge('shop.queue').addCallback(() => new Promise(() => {}))
}
if (process.env.SERVES !== undefined) setInterval(() => {}, 1000)
