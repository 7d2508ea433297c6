// A worker whose environment names it.
const { once } = require('node:events')
const { isMainThread, Worker } = require('node:worker_threads')
const { trace } = require('@opentelemetry/api')

const tracer = trace.getTracer('named')
if (isMainThread) {
  const worker = new Worker(__filename, { env: { ...process.env, OTEL_SERVICE_NAME: 'worker' } })
  once(worker, 'exit').then(() => tracer.startSpan('main').end())
} else {
  tracer.startSpan('named').end()
}
