// A thread makes a span, and then the agent's files are gone: the main thread has made none until now.
const { rmSync } = require('node:fs')
const { isMainThread, parentPort, Worker } = require('node:worker_threads')

if (isMainThread) {
  const thread = new Worker(__filename)
  thread.on('message', (isTraced) => {
    console.log('traced', isTraced)
    // The thread lives on meanwhile, and its spans are looked for.
    setTimeout(() => thread.terminate().then(() => console.log('done')), 300)
  })
} else {
  const { trace } = require('@opentelemetry/api')
  const span = trace.getTracer('thread').startSpan('job')
  rmSync(process.env.FOLDER, { recursive: true })
  span.end()
  parentPort.postMessage(span.spanContext().traceId !== '0'.repeat(32))
  setInterval(() => {}, 60_000)
}
