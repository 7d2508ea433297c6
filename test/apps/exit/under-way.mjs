// Exits by SIGUSR2, when its spans are under way.
import { writeSync } from 'node:fs'
import { trace } from '@opentelemetry/api'

const tracer = trace.getTracer('shop')
for (const name of ['one', 'two']) tracer.startSpan(name).end()
setInterval(() => {}, 1000)
process.on('SIGUSR2', () => {
  writeSync(1, 'at the door\n')
  process.exit(3)
})
