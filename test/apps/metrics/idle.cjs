// Has nothing to do for a while, tells how often its event loop turned meanwhile, and then blocks it in a request, which
// waits for samples of the loop's delay too. Tells how many are taken when another request is over, until there are none;
// and to which channels of Node.js somebody listened while it was idle and while it was not.
const { hasSubscribers } = require('node:diagnostics_channel')
const http = require('node:http')
const { holdSamples, look, samples, samplesUntil, work } = require('./ticks.cjs')

const BLOCKED_MILLIS = 200
/** All but the first find the loop quiet, and the request in progress. */
const AWAITED_SAMPLES = 6
const CHANNELS = [
  ...['request.start', 'response.created', 'response.finish'].map((name) => `http.server.${name}`),
  ...['request.created', 'request.start', 'response.finish'].map((name) => `http.client.${name}`),
  ...['create', 'headers', 'trailers'].map((name) => `undici:request:${name}`),
]

const heard = () => CHANNELS.filter((name) => hasSubscribers(name))

/** Of the last request. An idle loop is looked at, so that the next look is after the last sample. */
let more
let heardThen
const server = http.createServer(async (request, response) => {
  if (request.url === '/block') {
    for (const until = performance.now() + BLOCKED_MILLIS; performance.now() < until; );
    work(BLOCKED_MILLIS)
    await samples(AWAITED_SAMPLES)
    heardThen = heard()
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
  const heardIdle = heard()
  await (await fetch(`${url}/block`)).text()
  await look()
  await (await fetch(url)).text()
  console.log(JSON.stringify({ turns, more: await more, heardIdle, heardThen }))
  process.exit()
})
