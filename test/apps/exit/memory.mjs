// Makes its first span in a context of its own, and tells whether that is garbage afterwards.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { trace } from '@opentelemetry/api'

const storage = new AsyncLocalStorage()
let left = Number(process.env.TURNS)

function enter() {
  const store = { mine: true }
  storage.run(store, () => {
    trace.getTracer('shop').startSpan('first').end()
  })
  return new WeakRef(store)
}

const store = enter()
while (left-- > 0 && store.deref() !== undefined) {
  await turn()
  gc()
}
console.log(store.deref() === undefined ? 'garbage' : 'kept')
