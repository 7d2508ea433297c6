// Serves requests on connections that are kept. With MODE=spans it prints how many spans are in memory when all of them
// are idle; else what a store of the program's own holds in the listeners that the path asks for.
import { AsyncLocalStorage } from 'node:async_hooks'
import diagnosticsChannel from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { trace } from '@opentelemetry/api'

const LISTENERS = ['response finish', 'response close', 'request end', 'request close']
const store = new AsyncLocalStorage()
const spans = []
const heard = []
const isAboutSpans = process.env.MODE === 'spans'

const server = createServer((request, response) => {
  if (isAboutSpans) {
    spans.push(new WeakRef(trace.getActiveSpan()))
    response.end('hello')
    return
  }
  store.run(request.url, () => {
    for (const listener of LISTENERS) {
      const [who, event] = listener.split(' ')
      if (!request.url.includes(`${who}-${event}`)) continue
      const emitter = who === 'request' ? request : response
      emitter.on(event, () => heard.push(`${request.url} ${listener}: ${store.getStore()}`))
    }
    if (request.url.includes('resume')) request.resume()
    response.end('hello')
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const sockets = []

if (isAboutSpans) {
  for (let i = 0; i < 10; i++) await get('/', open())
  // A weak reference that was made or read holds until the turn is over.
  await setTimeout(1)
  globalThis.gc()
  console.log(JSON.stringify({ made: spans.length, kept: spans.filter((span) => span.deref() !== undefined).length }))
} else {
  const socket = open()
  const names = LISTENERS.map((listener) => listener.replace(' ', '-'))
  for (const path of ['none', ...names, 'resume', `resume-${names.at(-1)}`, names.join('+')])
    await get(`/${path}`, socket)
  diagnosticsChannel.subscribe('http.server.response.finish', () => heard.push(`channel: ${store.getStore()}`))
  await get('/none', socket)
  console.log(heard.join('\n'))
}
for (const socket of sockets) socket.destroy()
server.close()

function open() {
  const socket = connect(server.address().port, '127.0.0.1')
  sockets.push(socket)
  return socket
}

async function get(path, socket) {
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  await once(socket, 'data')
  await setTimeout(1)
}
