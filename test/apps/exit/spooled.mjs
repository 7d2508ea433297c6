// Makes SPANS spans, RATE in a turn, in YEAR as its clock has it; then stays until it is killed, or until STAY ms have passed, and leaves by process.exit().
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { trace } from '@opentelemetry/api'

const { SPANS = '3', RATE = '1', STAY = '0', YEAR } = process.env
if (YEAR !== undefined) Date.now = () => Date.UTC(Number(YEAR))
const tracer = trace.getTracer('shop')
for (let made = 0; made < Number(SPANS); ) {
  for (let i = 0; i < Number(RATE) && made < Number(SPANS); i++) tracer.startSpan(`span ${made++}`).end()
  await turn()
}
console.log('made')
await wait(STAY === 'forever' ? 1e8 : Number(STAY))
process.exit()
