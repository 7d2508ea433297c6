// A thread makes a thread, which makes spans and tells; then its maker ends it, or is ended itself, as WAY says.
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { metrics, trace } = require('@opentelemetry/api')

const { WAY } = process.env
if (isMainThread) {
  const maker = new Worker(__filename, { workerData: 'maker' })
  maker.on('message', () => {
    if (WAY === 'maker') maker.terminate()
  })
  maker.on('exit', () => console.log('gone'))
} else if (workerData === 'maker') {
  const inner = new Worker(__filename, { workerData: 'inner' })
  inner.on('message', () => {
    if (WAY === 'inner') inner.terminate()
    parentPort.postMessage('told')
  })
} else {
  const tracer = trace.getTracer('shop')
  tracer.startSpan('open')
  tracer.startSpan('inner').end()
  metrics.getMeter('shop').createCounter('shop.orders').add(1)
  parentPort.postMessage('told')
  setInterval(() => {}, 1000)
}
