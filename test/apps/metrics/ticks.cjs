// Loaded before the agent: tells each tick of an interval that is made by way of node:timers, with its milliseconds. What
// the event loop does for less than 100 ms is not seen by who asks for its utilization, on a busy machine either.
const { EventEmitter, once } = require('node:events')
const { performance } = require('node:perf_hooks')
const timers = require('node:timers')

const SEEN_MILLIS = 100

const ticks = new EventEmitter()
const { setInterval } = timers
timers.setInterval = (callback, millis, ...args) =>
  setInterval(
    (...given) => {
      callback(...given)
      ticks.emit(String(millis))
    },
    millis,
    ...args,
  )

const { eventLoopUtilization } = performance
performance.eventLoopUtilization = (...args) => {
  const used = eventLoopUtilization(...args)
  return { ...used, active: used.active - (used.active % SEEN_MILLIS) }
}

/** The agent looks at an idle loop once a second. */
exports.look = () => once(ticks, '1000')

/** So many samples of the loop's delay have been taken from now on. */
exports.samples = async (count) => {
  for (let taken = 0; taken < count; taken++) await once(ticks, '50')
}

/** How many of them are taken until `promise` is settled. */
exports.samplesUntil = async (promise) => {
  let taken = 0
  const count = () => taken++
  ticks.on('50', count)
  await promise
  ticks.off('50', count)
  return taken
}
