// Makes one span after the other until it is told to end.
import { trace } from '@opentelemetry/api'

const tracer = trace.getTracer('spans')
setInterval(() => tracer.startSpan('turn').end(), 20)
