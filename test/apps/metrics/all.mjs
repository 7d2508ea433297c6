// A program with log records, metrics and no spans. It ends by the door DOOR, or lives on until it is told to end.
import { metrics } from '@opentelemetry/api'
import { logs } from '@opentelemetry/api-logs'
import doors from '../exit/doors.cjs'

const logger = logs.getLogger('shop', '2.0')
const orders = metrics.getMeter('shop', '2.0').createCounter('shop.orders', { valueType: 0 })
for (const kind of ['tea', 'cake']) {
  logger.emit({ severityNumber: 9, severityText: 'INFO', body: `sold ${kind}`, attributes: { kind, cups: 2 } })
  orders.add(kind.length, { kind })
}

const { DOOR } = process.env
if (DOOR === undefined) setInterval(() => {}, 60_000)
else doors[DOOR]()
console.log('at the door')
