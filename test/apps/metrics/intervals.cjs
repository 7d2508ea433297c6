// Loaded before the agent: tells each tick of an interval that is made by way of node:timers, with its milliseconds.
const { EventEmitter } = require('node:events')
const timers = require('node:timers')

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

module.exports = { ticks }
