import { parentPort, workerData } from 'node:worker_threads'
import { trace } from '@opentelemetry/api'

parentPort.once('message', (message) => {
  trace.getTracer('worker').startSpan(`worker ${workerData.name}`).end()
  parentPort.postMessage({ ...message, workerData })
})
