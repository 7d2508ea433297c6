// Serves its first request while no timer ever fires, as tests with fake timers have it, and the next when they do again.
const timers = require('node:timers')
const { createServer } = require('node:http')

const { setImmediate, setInterval, setTimeout } = timers
const trueTimers = { setImmediate, setInterval, setTimeout }
const never = { ref: () => never, unref: () => never }
const fakeTimers = { setImmediate: () => never, setInterval: () => never, setTimeout: () => never }

const server = createServer((req, res) => {
  if (req.url === '/true') Object.assign(timers, trueTimers)
  res.end()
})
server.listen(0, '127.0.0.1', () => {
  Object.assign(timers, fakeTimers)
  console.log(`listening ${server.address().port}`)
})
process.on('SIGTERM', () => server.close())
