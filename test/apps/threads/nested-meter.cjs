// A thread that makes a thread, all of which count the same; they are terminated by the end of the program.
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { metrics } = require('@opentelemetry/api')

const depth = isMainThread ? 0 : workerData
const meter = metrics.getMeter('shop')
meter.createCounter('shop.orders').add(1)
meter.createGauge('shop.level').record(depth)
if (depth < 2) {
  const worker = new Worker(__filename, { workerData: depth + 1 })
  worker.once('message', () => (isMainThread ? process.exit() : parentPort.postMessage('told')))
} else {
  parentPort.postMessage('told')
}
