// Loaded before the agent: tells each tick of an interval that is made by way of node:timers, with its milliseconds. The
// event loop is told to be as active as the program says, for what it does besides depends on the machine.
const { EventEmitter, once } = require('node:events')
const { performance } = require('node:perf_hooks')
const timers = require('node:timers')

const SAMPLE_MILLIS = 50
/** From one look at an idle loop to the next; a second here. */
const IDLE_LOOK_MILLIS = 5000
const SHORT_MILLIS = 1000

const ticks = new EventEmitter()
let areSamplesHeld = false
let activeMillis = 0

const { setInterval } = timers
timers.setInterval = (callback, millis, ...args) =>
  setInterval(
    (...given) => {
      if (areSamplesHeld && millis === SAMPLE_MILLIS) return
      callback(...given)
      ticks.emit(String(millis))
    },
    millis === IDLE_LOOK_MILLIS ? SHORT_MILLIS : millis,
    ...args,
  )

const { eventLoopUtilization } = performance
performance.eventLoopUtilization = (...args) => ({ ...eventLoopUtilization(...args), active: activeMillis })

/** The event loop has been active for so long. */
exports.work = (millis) => {
  activeMillis += millis
}

/** The agent has looked at an idle loop. */
exports.look = () => once(ticks, String(IDLE_LOOK_MILLIS))

/** So many samples of the loop's delay have been taken from now on. */
exports.samples = async (count) => {
  for (let taken = 0; taken < count; taken++) await once(ticks, String(SAMPLE_MILLIS))
}

/** How many of them are taken until `promise` is settled. */
exports.samplesUntil = async (promise) => {
  let taken = 0
  const count = () => taken++
  ticks.on(String(SAMPLE_MILLIS), count)
  await promise
  ticks.off(String(SAMPLE_MILLIS), count)
  return taken
}

/** None of them is taken until what is returned is called. */
exports.holdSamples = () => {
  areSamplesHeld = true
  return () => {
    areSamplesHeld = false
  }
}
