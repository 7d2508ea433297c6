// A span of an exit listener that was added in good time, and how the program ends then.
import { trace } from '@opentelemetry/api'

const { WAY } = process.env
process.on('exit', () => trace.getTracer('shop').startSpan(`late ${WAY}`).end())
setTimeout(() => {
  if (WAY === 'exit') process.exit(3)
  if (WAY === 'throw') throw new Error('out of tea')
}, 10)
