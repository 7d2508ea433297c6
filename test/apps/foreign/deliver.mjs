// A program that takes the providers of the API for those of its own SDK, and has them deliver.
import { metrics } from '@opentelemetry/api'
import { logs } from '@opentelemetry/api-logs'

const meter = metrics.getMeter('shop')
const orders = meter.createCounter('shop.orders')
meter.createObservableGauge('shop.stock').addCallback(async (result) => {
  await new Promise((resolve) => setTimeout(resolve, 10))
  result.observe(7)
})
const logger = logs.getLogger('shop')
const make = (name) => {
  orders.add(1)
  logger.emit({ body: name })
}

make('one')
await Promise.all([metrics.getMeterProvider().forceFlush(), logs.getLoggerProvider().forceFlush()])
make('two')
await Promise.all([metrics.getMeterProvider().shutdown(), logs.getLoggerProvider().shutdown()])
make('three')
console.log('delivered')
setInterval(() => {}, 1000)
