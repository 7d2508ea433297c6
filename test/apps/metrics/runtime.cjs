// Keeps its event loop busy and its heap in use, and does nothing that is traced. With AS_WORKER a thread does so too;
// with END_MILLIS it ends by itself.
const { isMainThread, Worker } = require('worker_threads')

const BLOCKED_MILLIS = 150

setInterval(() => {
  globalThis.gc?.()
  for (const until = performance.now() + BLOCKED_MILLIS; performance.now() < until; );
}, 2 * BLOCKED_MILLIS)

if (isMainThread && process.env.AS_WORKER !== undefined) new Worker(__filename)
if (process.env.END_MILLIS !== undefined) setTimeout(() => process.exit(), Number(process.env.END_MILLIS))
