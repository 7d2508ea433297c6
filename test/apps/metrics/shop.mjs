// A program with metrics of its own. It ends by the door DOOR, or lives on until it is told to end.
import { metrics, trace } from '@opentelemetry/api'
import doors from '../exit/doors.cjs'

const meter = metrics.getMeter('shop', '2.0')
const orders = meter.createCounter('shop.orders', { unit: '{order}', description: 'Orders taken', valueType: 0 })
const weights = meter.createHistogram('shop.order.weight', {
  unit: 'g',
  advice: { explicitBucketBoundaries: [100, 1000] },
})
meter.createObservableGauge('shop.stock', { valueType: 0 }).addCallback((result) => {
  result.observe(7, { shelf: 'tea' })
})

trace.getTracer('shop').startActiveSpan('order', (span) => {
  orders.add(2, { kind: 'tea' })
  weights.record(50)
  weights.record(700)
  span.end()
})
orders.add(1, { kind: 'cake' })

const { DOOR } = process.env
if (DOOR === undefined) setInterval(() => {}, 60_000)
else doors[DOOR]()
console.log('at the door')
