// Serves its first request while no timer ever fires, as tests with fake timers have it, and the next when they do again:
// this one is answered with the timers that have been asked for meanwhile.
const timers = require('node:timers')
const { createServer } = require('node:http')

const { setImmediate, setInterval, setTimeout } = timers
const trueTimers = { setImmediate, setInterval, setTimeout }
const never = { ref: () => never, unref: () => never }
const asked = []
const fake = (name) => () => {
  asked.push(name)
  return never
}
const fakeTimers = Object.fromEntries(Object.keys(trueTimers).map((name) => [name, fake(name)]))
for (const place of [timers, globalThis]) Object.assign(place, fakeTimers)

const server = createServer((req, res) => {
  if (req.url === '/true') for (const place of [timers, globalThis]) Object.assign(place, trueTimers)
  res.end(asked.join())
})
server.listen(0, '127.0.0.1', () => {
  console.log(`listening ${server.address().port}`)
})
process.on('SIGTERM', () => server.close())
