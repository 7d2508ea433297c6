// 10,000 spans in one tick.
import { trace } from '@opentelemetry/api'

const tracer = trace.getTracer('burst')
for (let i = 0; i < 10_000; i++) tracer.startSpan('span', { attributes: { i } }).end()
