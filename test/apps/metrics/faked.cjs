// Has a clock of its own, as tests with fake timers do, for longer than the agent lets pass between two looks at the loop.
const { once } = require('node:events')
const { ticks } = require('./intervals.cjs')

const { performance } = globalThis
Object.defineProperty(globalThis, 'performance', {
  value: { now: () => performance.now(), timeOrigin: performance.timeOrigin },
})

// Keeps the process until then: the agent's own timers do not.
const kept = setInterval(() => {}, 60_000)
once(ticks, '1000').then(() => {
  clearInterval(kept)
  console.log('done')
  process.exit()
})
