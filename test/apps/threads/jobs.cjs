// Makes a worker in a request's span and another outside of any; each makes a span.
const { once } = require('node:events')
const { isMainThread, Worker, workerData } = require('node:worker_threads')
const { trace } = require('@opentelemetry/api')

const tracer = trace.getTracer('jobs')
if (isMainThread) main()
else tracer.startSpan(workerData).end()

async function main() {
  await tracer.startActiveSpan('job', async (span) => {
    await once(new Worker(__filename, { workerData: 'worker of a job' }), 'exit')
    span.end()
  })
  await once(new Worker(__filename, { workerData: 'worker' }), 'exit')
}
