// Has a clock of its own, as tests with fake timers do, for longer than the agent lets pass between two looks at the loop.
const { look } = require('./ticks.cjs')

const { performance } = globalThis
Object.defineProperty(globalThis, 'performance', {
  value: { now: () => performance.now(), timeOrigin: performance.timeOrigin },
})

// Keeps the process until then: the agent's own timers do not.
setInterval(() => {}, 60_000)
look().then(() => {
  console.log('done')
  process.exit()
})
