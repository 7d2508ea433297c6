// Has nothing to do for a while, tells how often its event loop turned meanwhile, and then blocks it in a request. Another
// request waits for samples of the loop's delay. Tells how many more are taken when both are over.
const http = require('node:http')
const { look, samples, samplesUntil } = require('./ticks.cjs')

const BLOCKED_MILLIS = 200
/** More than an idle loop gets, and less than are taken in a second. */
const AWAITED_SAMPLES = 12

const server = http.createServer(async (request, response) => {
  if (request.url === '/block') for (const until = performance.now() + BLOCKED_MILLIS; performance.now() < until; );
  else await samples(AWAITED_SAMPLES)
  response.end('done')
})

server.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`
  await look()
  const { loopCount } = performance.nodeTiming.uvMetricsInfo
  for (let looks = 0; looks < 2; looks++) await look()
  const turns = performance.nodeTiming.uvMetricsInfo.loopCount - loopCount
  for (const path of ['/block', '/wait']) await (await fetch(url + path)).text()
  const more = await samplesUntil(look())
  console.log(JSON.stringify({ turns, more }))
  process.exit()
})
