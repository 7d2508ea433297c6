const { parentPort, workerData } = require('node:worker_threads')
const { trace } = require('@opentelemetry/api')

parentPort.once('message', (message) => {
  trace.getTracer('worker').startSpan(`worker ${workerData.name}`).end()
  parentPort.postMessage({ ...message, workerData })
})
