// Serves itself a request, and then leaves by DOOR; with OPEN in the midst of a second request.
import { createServer, get } from 'node:http'
import doors from './doors.cjs'

const leave = doors[process.env.DOOR]
const server = createServer((request, response) => {
  if (request.url === '/open') go()
  else response.end('ok')
}).listen(0, '127.0.0.1', () => {
  ask('/', () => {
    if (process.env.OPEN) return ask('/open')
    server.close()
    server.closeAllConnections()
    go()
  })
})

function ask(path, then) {
  get({ host: '127.0.0.1', port: server.address().port, path }, (response) => response.resume().on('close', then))
}

function go() {
  console.log('at the door')
  leave()
}
