// A worker whose environment names it measures what the main thread measures too.
const { isMainThread, Worker } = require('node:worker_threads')
const { metrics } = require('@opentelemetry/api')

metrics
  .getMeter('shop')
  .createCounter('shop.orders')
  .add(isMainThread ? 1 : 2)
if (isMainThread) new Worker(__filename, { env: { ...process.env, OTEL_SERVICE_NAME: 'worker' } })
