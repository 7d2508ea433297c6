// Spans of its own: WAY tells which, and how the program ends.
import { trace } from '@opentelemetry/api'

const tracer = trace.getTracer('shop')
const span = (name) => tracer.startSpan(name)

switch (process.env.WAY) {
  case 'open':
    span('done').end()
    span('done').end()
    span('open')
    break
  case 'many':
    for (let i = 0; i < 10_000; i++) span(`span ${i}`).end()
    setImmediate(() => process.exit(3))
}
console.log('at the door')
