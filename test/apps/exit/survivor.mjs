// An error in the midst of a request, which the program survives; the request is answered after it.
import { createServer, get } from 'node:http'

const server = createServer((_request, response) => {
  process.once('uncaughtException', ({ message }) => {
    console.log('survived:', message)
    setTimeout(() => response.end('ok'), 10)
  })
  throw new Error('out of tea')
}).listen(0, '127.0.0.1', () => {
  get({ host: '127.0.0.1', port: server.address().port }, (response) => {
    response.resume().on('end', () => {
      server.close()
      server.closeAllConnections()
    })
  })
})
