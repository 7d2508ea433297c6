// Idle connections, one request on each: how many spans they keep, and what ends them.
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { trace } from '@opentelemetry/api'

const CONNECTIONS = 32

const stores = new AsyncLocalStorage()
let requests = 0
let Span

const kept = await serve(60_000)
const idle = []
for (let i = 0; i < CONNECTIONS; i++) idle.push(await ask(kept))
// What the last response has still to do.
await setImmediate()
if (Span !== undefined) console.log(`spans ${queryObjects(Span, { format: 'count' })}`)
for (const socket of idle) socket.destroy()
kept.close()

// Node.js adds a second to it.
const left = await serve(1)
await once(await ask(left), 'close')
console.log('ended by its time-out')
left.close()

const heard = await serve(1)
heard.on('timeout', (socket) => {
  console.log(`time-out in the store of request ${stores.getStore()}`)
  socket.destroy()
})
await once(await ask(heard), 'close')
heard.close()

async function serve(keepAliveTimeout) {
  const server = createServer({ keepAliveTimeout }, (_request, response) => {
    Span = trace.getActiveSpan()?.constructor
    stores.run(++requests, () => response.end('hello'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function ask(server) {
  const socket = connect(server.address().port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await once(socket, 'data')
  return socket
}
