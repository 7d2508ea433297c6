// Has nothing to do for a while, tells how often its event loop turned meanwhile, and then blocks it in a request.
const { once } = require('node:events')
const http = require('node:http')
const { ticks } = require('./intervals.cjs')

const BLOCKED_MILLIS = 200

const server = http.createServer((_request, response) => {
  for (const until = performance.now() + BLOCKED_MILLIS; performance.now() < until; );
  response.end('done')
})

server.listen(0, '127.0.0.1', async () => {
  // The agent looks at an idle loop once a second.
  await once(ticks, '1000')
  const { loopCount } = performance.nodeTiming.uvMetricsInfo
  for (let looks = 0; looks < 2; looks++) await once(ticks, '1000')
  const turns = performance.nodeTiming.uvMetricsInfo.loopCount - loopCount
  await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text()
  console.log(JSON.stringify({ turns }))
  process.exit()
})
