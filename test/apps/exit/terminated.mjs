// A thread that ends a span and leaves one open, if OPEN says so, and tells; then WAY ends it or the program.
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { trace } from '@opentelemetry/api'

const ways = {
  'worker.terminate()': async (thread) => console.log('terminated', await thread.terminate()),
  'process.exit()': () => process.exit(3),
  'an error': () => {
    throw new TypeError('out of tea')
  },
  SIGTERM: () => process.kill(process.pid, 'SIGTERM'),
  'the end of its program': (thread) => thread.unref(),
}

if (isMainThread) {
  const thread = new Worker(fileURLToPath(import.meta.url))
  thread.once('message', () => ways[process.env.WAY](thread))
} else {
  const tracer = trace.getTracer('thread')
  tracer.startActiveSpan('job', (job) => {
    tracer.startSpan('step').end()
    job.end()
  })
  if (process.env.OPEN) tracer.startSpan('open')
  parentPort.postMessage('done')
  // It would never end of itself.
  setInterval(() => {}, 60_000)
}
