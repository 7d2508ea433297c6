import { trace } from '@opentelemetry/api'
import { logs } from '@opentelemetry/api-logs'

const logger = logs.getLogger('shop', '1.2.3')

logger.emit({ body: 'outside' })
trace.getTracer('shop').startActiveSpan('work', (span) => {
  logger.emit({
    severityNumber: 13,
    severityText: 'careful',
    body: { text: 'a map', list: [1, 'two', null] },
    attributes: { plain: 'x', nested: { deep: [true] }, left: undefined, wrong: () => 1 },
    timestamp: new Date(1_700_000_000_000),
    eventName: 'shop.sold',
  })
  logger.emit({ severityNumber: 99, body: 'odd', exception: new RangeError('too far') })
  span.end()
})
console.log(logger.enabled())
