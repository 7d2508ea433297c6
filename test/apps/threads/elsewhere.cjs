// A thread whose environment names another collector.
const { once } = require('node:events')
const { isMainThread, Worker } = require('node:worker_threads')
const { trace } = require('@opentelemetry/api')

const tracer = trace.getTracer('elsewhere')
if (isMainThread) {
  const worker = new Worker(__filename, { env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: process.env.OTHER } })
  once(worker, 'exit').then(() => tracer.startSpan('main').end())
} else {
  tracer.startSpan('elsewhere').end()
}
