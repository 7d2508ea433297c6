// Goes on with a request that is answered, once the wall clock has been set forward by three hours.
const { createServer, get } = require('node:http')
const { trace } = require('@opentelemetry/api')
const clock = require('../metrics/wall-clock.cjs')

const server = createServer((_req, res) => {
  res.on('close', () => setImmediate(goOn))
  res.end()
})
server.listen(0, '127.0.0.1', () => {
  get({ host: '127.0.0.1', port: server.address().port }, (res) => res.resume())
})

function goOn() {
  clock.set(3 * 3600 * 1000)
  // The agent looks at it once a millisecond at most.
  const setAt = performance.now()
  while (performance.now() - setAt < 2);
  trace.getTracer('shop').startSpan('job').end()
  server.close()
}
