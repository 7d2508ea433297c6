// Has nothing to do but in a timer that holds no process: a span each time. Tells how many there were.
import { trace } from '@opentelemetry/api'

const tracer = trace.getTracer('shop')
let spans = 0
const beat = () => {
  tracer.startSpan('beat').end()
  spans++
}
beat()
setInterval(beat, 10).unref()
process.on('exit', () => console.log(spans))
