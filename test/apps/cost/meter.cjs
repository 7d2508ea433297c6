// Required before the agent. At SIGUSR2 it prints, as `meter <n> {...}`, what the process has allocated or, with METER=calls,
// how often it has called what costs; with METER=kept how many requests and responses, served and sent, are still in
// memory. For a young generation that the garbage of a whole run fits into.
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks')
const { PerformanceObserver, performance } = require('node:perf_hooks')
const crypto = require('node:crypto')
const { subscribe } = require('node:diagnostics_channel')
const { writeSync } = require('node:fs')
const timers = require('node:timers')

const calls = {}
if (process.env.METER === 'calls') countCalls()
const messages = []
if (process.env.METER === 'kept') rememberMessages()

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
  const kept = messages.filter((message) => message.deref() !== undefined).length
  // What has been collected is told in a later turn.
  setTimeout(() => {
    writeSync(
      1,
      `meter ${number} ${JSON.stringify({ heapUsed, collections, calls: counted, messages: messages.length, kept })}\n`,
    )
  }, 20)
})

function rememberMessages() {
  for (const channel of [
    'http.server.request.start',
    'http.client.request.start',
    'http.client.response.finish',
    'undici:request:create',
  ]) {
    subscribe(channel, ({ request, response }) => {
      messages.push(new WeakRef(request))
      if (response !== undefined) messages.push(new WeakRef(response))
    })
  }
}

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
