// Has nothing to do for a while, tells how often its event loop turned meanwhile, and then blocks it in a request, which
// waits for samples of the loop's delay too. Tells how many are taken when another request is over, until there are none.
const http = require('node:http')
const { holdSamples, look, samples, samplesUntil, work } = require('./ticks.cjs')

const BLOCKED_MILLIS = 200
/** All but the first find the loop quiet, and the request in progress. */
const AWAITED_SAMPLES = 6

/** Of the last request. An idle loop is looked at, so that the next look is after the last sample. */
let more
const server = http.createServer(async (request, response) => {
  if (request.url === '/block') {
    for (const until = performance.now() + BLOCKED_MILLIS; performance.now() < until; );
    work(BLOCKED_MILLIS)
    await samples(AWAITED_SAMPLES)
  } else {
    more = samplesUntil(look())
    response.once('close', holdSamples())
  }
  response.end('done')
})

server.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`
  await look()
  const { loopCount } = performance.nodeTiming.uvMetricsInfo
  for (let looks = 0; looks < 2; looks++) await look()
  const turns = performance.nodeTiming.uvMetricsInfo.loopCount - loopCount
  await (await fetch(`${url}/block`)).text()
  await look()
  await (await fetch(url)).text()
  console.log(JSON.stringify({ turns, more: await more }))
  process.exit()
})
