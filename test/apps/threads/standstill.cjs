// A thread measures more than fits into what it shares with the main thread, which stands still meanwhile.
const { isMainThread, Worker, workerData } = require('node:worker_threads')
const { metrics } = require('@opentelemetry/api')

if (isMainThread) {
  const done = new Int32Array(new SharedArrayBuffer(4))
  new Worker(__filename, { workerData: done })
  Atomics.wait(done, 0, 0)
} else {
  const orders = metrics.getMeter('shop').createCounter('shop.orders')
  for (let i = 0; i < Number(process.env.TIMES); i++) orders.add(1, { size: 'x'.repeat(40) })
  Atomics.store(workerData, 0, 1)
  Atomics.notify(workerData, 0)
}
