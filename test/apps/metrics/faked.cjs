// Has a clock of its own, as tests with fake timers do, for longer than the agent lets pass between two looks at the loop.
const { setTimeout: pause } = require('node:timers/promises')

const { performance } = globalThis
Object.defineProperty(globalThis, 'performance', {
  value: { now: () => performance.now(), timeOrigin: performance.timeOrigin },
})

pause(2000).then(() => {
  console.log('done')
  process.exit()
})
