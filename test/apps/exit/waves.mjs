// A batch of spans of its own again and again, until a signal ends it.
import { trace } from '@opentelemetry/api'

const tracer = trace.getTracer('shop')

console.log('at the door')
setInterval(() => {
  for (let i = 0; i < 512; i++) tracer.startSpan(`span ${i}`).end()
}, 20)
