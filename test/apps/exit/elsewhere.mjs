// Leaves the folder in which it was started, as daemons do, and has something of each signal to tell.
import { metrics, trace } from '@opentelemetry/api'
import { logs } from '@opentelemetry/api-logs'

process.chdir(process.env.ELSEWHERE)
trace.getTracer('shop').startSpan('order').end()
metrics.getMeter('shop').createCounter('shop.orders').add(1)
logs.getLogger('shop').emit({ body: 'ordered' })
