// Two threads and the main one measure the same things; the threads are ended as WAY says, when they have told their result.
const { Worker, isMainThread, parentPort, threadId } = require('node:worker_threads')
const { metrics, trace } = require('@opentelemetry/api')

const { WAY, TIMES = '1' } = process.env
const meter = metrics.getMeter('shop', '1')
const orders = meter.createCounter('shop.orders', { unit: '{order}', valueType: 0 })
const seconds = meter.createHistogram('shop.time', { unit: 's', advice: { explicitBucketBoundaries: [1, 10] } })
const open = meter.createUpDownCounter('shop.open')
const level = meter.createGauge('shop.level')
meter.createObservableCounter('shop.turns').addCallback((result) => result.observe(threadId + 1))

function measure() {
  trace.getTracer('shop').startActiveSpan(`order ${threadId}`, (span) => {
    for (let i = 0; i < Number(TIMES); i++) {
      orders.add(1, { kind: 'tea', hot: true })
      seconds.record(threadId * 5)
    }
    open.add(2)
    open.add(-1)
    level.record(threadId, { shelf: 'a' })
    span.end()
  })
}

if (!isMainThread) {
  measure()
  parentPort.postMessage('done')
  if (WAY === 'its empty event loop') open.add(-1)
  else setInterval(() => {}, 1000)
} else {
  measure()
  let left = 2
  const workers = [1, 2].map(() => new Worker(__filename))
  for (const worker of workers) {
    worker.on('message', () => {
      if (WAY === 'worker.terminate()') worker.terminate()
      if (--left > 0) return
      if (WAY === 'process.exit()') process.exit(3)
      if (WAY === 'an error') throw new TypeError('the end')
      if (WAY === 'SIGTERM') process.kill(process.pid, 'SIGTERM')
    })
  }
}
