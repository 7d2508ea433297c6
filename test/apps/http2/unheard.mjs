// Requests over HTTP/2 and calls of gRPC whose streams fail with errors to which nobody listens, in a program that goes on.
import { once } from 'node:events'
import { connect, createServer } from 'node:http2'

const STREAMS = {
  '/served': (stream) => stream.destroy(new RangeError('unheard')),
  '/served/heard': (stream) => {
    stream.once('error', ({ name }) => console.log(`${name} was heard`))
    stream.destroy(new RangeError('heard'))
  },
  '/shop.Orders/Served': (stream) => stream.destroy(new RangeError('unheard')),
  '/shop.Orders/Sent': (stream) => {
    stream.on('error', () => {})
    stream.close(2)
  },
}

process.on('uncaughtException', ({ name }) => console.log(`${name} was not heard`))
const server = createServer().on('stream', (stream, { ':path': path }) => STREAMS[path](stream))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const session = connect(`http://127.0.0.1:${server.address().port}`)
for (const path of Object.keys(STREAMS)) {
  const type = path.startsWith('/shop') ? 'application/grpc' : 'text/plain'
  const request = session.request({ ':path': path, 'content-type': type })
  if (path === '/shop.Orders/Sent') await once(process, 'uncaughtException')
  else await new Promise((resolve) => request.on('error', resolve))
}
session.close()
server.close()
