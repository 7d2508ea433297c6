// Has a clock of its own, as tests with fake timers do, for longer than the agent lets pass between two looks at the loop.
const { createServer } = require('node:net')
const { look } = require('./ticks.cjs')

const { performance } = globalThis
Object.defineProperty(globalThis, 'performance', {
  value: { now: () => performance.now(), timeOrigin: performance.timeOrigin },
})

// Keeps the process until then: the agent's own timers do not.
createServer().listen(0, '127.0.0.1')
look().then(() => {
  console.log('done')
  process.exit()
})
