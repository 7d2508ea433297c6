// Loaded before the agent: tells at the end by which short intervals something was done.
const timers = require('node:timers')
const { isMainThread } = require('node:worker_threads')

const SHORT_MILLIS = 50

const short = []
const { setInterval } = timers
timers.setInterval = (callback, millis, ...args) => {
  if (millis < SHORT_MILLIS) short.push(millis)
  return setInterval(callback, millis, ...args)
}
if (isMainThread) process.on('exit', () => console.log(JSON.stringify({ short })))
