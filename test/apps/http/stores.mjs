// Serves requests on a connection that is kept, and prints what a store of the program's own holds in the listeners that
// each path asks for.
import { AsyncLocalStorage } from 'node:async_hooks'
import diagnosticsChannel from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'

const LISTENERS = ['response finish', 'response close', 'request end', 'request close']
const store = new AsyncLocalStorage()
const heard = []

const server = createServer((request, response) => {
  store.run(request.url, () => {
    const listen = (listener) => {
      const [who, event] = listener.split(' ')
      const emitter = who === 'request' ? request : response
      emitter.on(event, () => heard.push(`${request.url} ${listener}: ${store.getStore()}`))
    }
    for (const listener of LISTENERS) if (request.url.includes(listener.replace(' ', '-'))) listen(listener)
    if (request.url.includes('resume')) request.resume()
    response.end('hello')
    // When the response has been sent, and its end is not yet told.
    if (request.url === '/late') process.nextTick(listen, 'response close')
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const socket = connect(server.address().port, '127.0.0.1')
const names = LISTENERS.map((listener) => listener.replace(' ', '-'))
for (const path of ['none', 'late', ...names, 'resume', `resume-${names.at(-1)}`, names.join('+')])
  await get(`/${path}`)
diagnosticsChannel.subscribe('http.server.response.finish', () => heard.push(`channel: ${store.getStore()}`))
await get('/none')
console.log(heard.join('\n'))
socket.destroy()
server.close()

async function get(path) {
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  await once(socket, 'data')
  await setTimeout(1)
}
