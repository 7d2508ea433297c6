// Required before the agent. At SIGUSR2 it prints, as `meter <n> {...}`, what the process has allocated or, with METER=calls,
// how often it has called what costs. For a young generation that the garbage of a whole run fits into.
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks')
const { PerformanceObserver, performance } = require('node:perf_hooks')
const crypto = require('node:crypto')
const { writeSync } = require('node:fs')
const timers = require('node:timers')

const calls = {}
if (process.env.METER === 'calls') countCalls()

let collections = 0
new PerformanceObserver((list) => {
  collections += list.getEntries().length
}).observe({ entryTypes: ['gc'] })

let readings = 0
process.on('SIGUSR2', () => {
  const number = ++readings
  if (number === 1) globalThis.gc()
  const { heapUsed } = process.memoryUsage()
  const counted = { ...calls }
  // What has been collected is told in a later turn.
  setTimeout(() => {
    writeSync(1, `meter ${number} ${JSON.stringify({ heapUsed, collections, calls: counted })}\n`)
  }, 20)
})

function countCalls() {
  count('clock', Object.getPrototypeOf(performance), 'now')
  count('clock', Date, 'now')
  count('clock', process, 'hrtime')
  count('context', AsyncLocalStorage.prototype, 'run')
  count('context', AsyncLocalStorage.prototype, 'enterWith')
  count('context', AsyncResource.prototype, 'runInAsyncScope')
  count('store', AsyncLocalStorage.prototype, 'getStore')
  count('random', crypto, 'randomFillSync')
  count('random', crypto, 'randomBytes')
  count('timer', timers, 'setTimeout')
  count('timer', timers, 'setImmediate')
  count('tick', globalThis, 'queueMicrotask')
  count('tick', process, 'nextTick')
  count('define', Object, 'defineProperty')
  count('regexp', RegExp.prototype, 'exec')
  count('regexp', RegExp.prototype, 'test')
}

function count(name, target, method) {
  calls[name] ??= 0
  const original = target[method]
  const counted = function (...args) {
    calls[name]++
    return Reflect.apply(original, this, args)
  }
  Object.defineProperty(target, method, { ...Object.getOwnPropertyDescriptor(target, method), value: counted })
}
