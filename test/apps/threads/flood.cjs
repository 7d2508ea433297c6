// A thread that makes more spans than fit into what it shares with the main thread, which stands still meanwhile.
const { isMainThread, Worker, workerData } = require('node:worker_threads')
const { trace } = require('@opentelemetry/api')

const COUNT = 3000
if (isMainThread) {
  const done = new Int32Array(new SharedArrayBuffer(4))
  new Worker(__filename, { workerData: done })
  Atomics.wait(done, 0, 0)
} else {
  const tracer = trace.getTracer('flood')
  for (let i = 0; i < COUNT; i++) tracer.startSpan(`span ${i}`, { attributes: { text: 'x'.repeat(500) } }).end()
  Atomics.store(workerData, 0, 1)
  Atomics.notify(workerData, 0)
}
