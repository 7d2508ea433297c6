// Jobs by messages: the program puts the context into each of them, as docs/processes.md has it.
const { Worker, isMainThread, parentPort } = require('node:worker_threads')
const { context, propagation, trace } = require('@opentelemetry/api')

const tracer = trace.getTracer('jobs')
if (isMainThread) {
  const worker = new Worker(__filename)
  let left = 2
  worker.on('message', () => {
    if (--left === 0) worker.terminate()
  })
  for (const job of ['a', 'b']) {
    tracer.startActiveSpan(`ask for ${job}`, (span) => {
      const carrier = {}
      propagation.inject(context.active(), carrier)
      worker.postMessage({ job, carrier })
      span.end()
    })
  }
} else {
  parentPort.on('message', ({ job, carrier }) => {
    context.with(propagation.extract(context.active(), carrier), () => {
      tracer.startSpan(`do ${job}`).end()
      parentPort.postMessage('done')
    })
  })
}
