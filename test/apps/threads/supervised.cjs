// A thread that is not traced makes threads that are: what it was left, all of them are left too.
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { trace } = require('@opentelemetry/api')

const THREADS = 3
const TURNS = 100
const SPANS = 20

if (isMainThread) {
  const env = { ...process.env, OTEL_SDK_DISABLED: 'true' }
  new Worker(__filename, { workerData: 'supervisor', env }).on('message', (made) => console.log('made', made))
} else if (workerData === 'supervisor') {
  const { OTEL_SDK_DISABLED: _, ...env } = process.env
  let made = 0
  let running = THREADS
  for (let i = 0; i < THREADS; i++) {
    const thread = new Worker(__filename, { workerData: 'supervised', env })
    thread.on('message', (spans) => {
      made += spans
    })
    thread.on('exit', () => {
      if (--running === 0) parentPort.postMessage(made)
    })
  }
} else {
  const tracer = trace.getTracer('supervised')
  let turn = 0
  // In many turns, so that the threads write at the same time.
  const timer = setInterval(() => {
    for (let i = 0; i < SPANS; i++) tracer.startSpan('x'.repeat(1 + i * 7)).end()
    if (++turn < TURNS) return
    clearInterval(timer)
    parentPort.postMessage(TURNS * SPANS)
  }, 1)
}
