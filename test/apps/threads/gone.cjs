// Leaves the folder in which it was started, and then makes a worker.
const { once } = require('node:events')
const { isMainThread, Worker } = require('node:worker_threads')
const { trace } = require('@opentelemetry/api')

const tracer = trace.getTracer('gone')
if (isMainThread) {
  process.chdir('/')
  once(new Worker(__filename), 'exit').then(() => tracer.startSpan('main').end())
} else {
  tracer.startSpan('worker').end()
}
