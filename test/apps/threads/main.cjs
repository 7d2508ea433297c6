// Runs one worker after the other, each of which makes a span and says how it has ended; then makes one itself.
const { once } = require('node:events')
const { join } = require('node:path')
const { SHARE_ENV, Worker } = require('node:worker_threads')
const { trace } = require('@opentelemetry/api')

const workers = {
  cjs: ['worker.cjs'],
  esm: ['worker.mjs'],
  shared: ['worker.cjs', { env: SHARE_ENV }],
  env: ['worker.cjs', { env: { ...process.env, MINE: '1' } }],
  empty: ['worker.cjs', { env: {} }],
  bare: ['worker.cjs', { execArgv: [] }],
  eval: [`require(${JSON.stringify(join(__dirname, 'worker.cjs'))})`, { eval: true }],
}

async function main() {
  for (const name of process.argv.slice(2)) {
    const [file, options] = workers[name]
    const source = options?.eval === true ? file : join(__dirname, file)
    const worker = new Worker(source, { ...options, workerData: { name } })
    worker.on('error', (error) => console.log(name, 'failed:', error.message))
    worker.on('message', (message) => console.log(name, 'told', JSON.stringify(message)))
    worker.postMessage({ ask: 'tea' })
    const [code] = await once(worker, 'exit')
    console.log(name, 'ended with', code)
  }
  trace.getTracer('main').startSpan('main').end()
}

main()
