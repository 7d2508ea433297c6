// Serves no requests: tells how many samples of the event loop's delay are taken after it had little to do, and that they
// are taken again when it had more.
const { createServer } = require('node:net')
const { look, samples, samplesUntil, work } = require('./ticks.cjs')

// Keeps the process: the agent's own timers do not.
createServer().listen(0, '127.0.0.1', async () => {
  await look()
  work(10)
  await look()
  const few = await samplesUntil(look())
  work(100)
  await samples(3)
  // Idle again.
  await look()
  console.log(JSON.stringify({ few }))
  process.exit()
})
