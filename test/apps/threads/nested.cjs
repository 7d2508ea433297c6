// A thread that makes a thread, each with a span; both are terminated by the end of the program.
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { trace } = require('@opentelemetry/api')

const depth = isMainThread ? 0 : workerData
trace.getTracer('nested').startSpan(`depth ${depth}`).end()
if (depth < 2) {
  const worker = new Worker(__filename, { workerData: depth + 1 })
  worker.once('message', () => (isMainThread ? console.log('told') : parentPort.postMessage('told')))
} else {
  parentPort.postMessage('told')
}
