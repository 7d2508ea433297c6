// A thread that makes a span, leaves one open, and ends as WAY says; the program ends when the thread has.
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker } from 'node:worker_threads'
import { trace } from '@opentelemetry/api'

if (isMainThread) {
  const thread = new Worker(fileURLToPath(import.meta.url))
  thread.on('error', (error) => console.log('error', error.message))
  thread.on('exit', (code) => console.log('exit', code))
} else {
  const tracer = trace.getTracer('thread')
  tracer.startSpan('done').end()
  const open = tracer.startSpan('open')
  setTimeout(() => {
    switch (process.env.WAY) {
      case 'process.exit()':
        return process.exit(3)
      case 'an error':
        throw new TypeError('out of tea')
    }
    open.isRecording()
  }, 1)
}
