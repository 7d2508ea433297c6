// Has nothing to do for a while, tells how often its event loop turned meanwhile, and then blocks it in a request.
const http = require('node:http')
const { setTimeout: pause } = require('node:timers/promises')

const SETTLED_MILLIS = 3000
const IDLE_MILLIS = 2000
const BLOCKED_MILLIS = 200

const server = http.createServer((_request, response) => {
  for (const until = performance.now() + BLOCKED_MILLIS; performance.now() < until; );
  response.end('done')
})

server.listen(0, '127.0.0.1', async () => {
  await pause(SETTLED_MILLIS)
  const { loopCount } = performance.nodeTiming.uvMetricsInfo
  await pause(IDLE_MILLIS)
  const turns = performance.nodeTiming.uvMetricsInfo.loopCount - loopCount
  await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text()
  console.log(JSON.stringify({ turns }))
  process.exit()
})
