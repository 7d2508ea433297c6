// Blocks its event loop, TURNS times, with many spans in each turn; and waits until all spans are recorded again.
import { setTimeout as wait } from 'node:timers/promises'
import { trace } from '@opentelemetry/api'

const tracer = trace.getTracer('late')
const blocked = new Int32Array(new SharedArrayBuffer(4))
const attributes = { long: 'x'.repeat(100), short: 'x' }

function makeSpans(name, count) {
  const spans = Array.from({ length: count }, () => tracer.startSpan(name, { attributes }))
  for (const span of spans) span.end()
  return spans.every((span) => (span.spanContext().traceFlags & 1) === 1)
}

for (let turn = 0; turn < Number(process.env.TURNS); turn++) {
  makeSpans(`turn ${turn}`, 200)
  Atomics.wait(blocked, 0, 0, 700)
  await wait(1)
}
while (!makeSpans('probe', 20)) await wait(100)
makeSpans('after', 100)
