// Tells secrets wherever attributes and texts can be.
import { metrics, trace } from '@opentelemetry/api'
import { logs } from '@opentelemetry/api-logs'

const TOKEN = 'Bearer abcdef123456'
const CARD = '4111 1111 1111 1111'
const secrets = { 'user.name': 'Ann', header: TOKEN, list: [`paid by ${CARD}`] }

const tracer = trace.getTracer('app')
const other = tracer.startSpan('other')
other.end()
tracer.startActiveSpan(`pay ${CARD}`, { attributes: secrets }, (span) => {
  span.addEvent('paid', secrets)
  span.addLink({ context: other.spanContext(), attributes: secrets })
  span.recordException(new RangeError(`no card ${CARD}`))
  span.setStatus({ code: 2, message: `refused ${TOKEN}` })
  logs.getLogger('app').emit({ body: { text: `took ${TOKEN}` }, attributes: secrets })
  const meter = metrics.getMeter('app')
  const counter = meter.createCounter('payments')
  counter.add(1, { 'user.name': 'Ann', by: TOKEN })
  counter.add(1, { 'user.name': 'Bob', by: TOKEN })
  meter.createHistogram('amount').record(1, secrets)
  meter.createObservableCounter('seen').addCallback((result) => {
    result.observe(1, { 'user.name': 'Ann' })
    result.observe(2, { 'user.name': 'Bob' })
  })
  span.end()
})
