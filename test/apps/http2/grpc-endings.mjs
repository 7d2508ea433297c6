// Calls of gRPC to a server that breaks them off, or answers what is none; prints the statuses that the callers are told.
import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import grpc from '@grpc/grpc-js'

const HEAD = { ':status': 200, 'content-type': 'application/grpc' }

/** A message of gRPC, whose length may be another than the one that is told. */
function messageOf(text, length = text.length) {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, Buffer.from(text)])
}

const SERVED = {
  Broken: (stream) => stream.close(2),
  Refused: (stream) => stream.close(7),
  Cancelled: (stream) => stream.close(8),
  Calm: (stream) => stream.close(11),
  Lost: (stream) => stream.session.destroy(),
  Flooded: (stream) => stream.session.goaway(11),
  Stopped: (stream) => stream.session.destroy(8),
  None: (stream) => stream.respond({ ':status': 404 }, { endStream: true }),
  Busy: (stream) => {
    stream.respond({ ':status': 503, 'content-type': 'text/html' })
    stream.end('later')
  },
  Large: (stream) => {
    stream.respond(HEAD)
    stream.write(messageOf('{', 5_000_000))
  },
  Unreadable: (stream) => {
    stream.respond(HEAD, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(messageOf('no JSON'))
  },
}

const server = createServer().on('stream', (stream, headers) => {
  stream.on('error', () => {})
  SERVED[headers[':path'].slice('/shop.Orders/'.length)](stream)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

const methods = Object.keys(SERVED).map((name) => [
  name,
  {
    path: `/shop.Orders/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (value) => Buffer.from(JSON.stringify(value)),
    responseDeserialize: JSON.parse,
  },
])
const Orders = grpc.makeGenericClientConstructor(Object.fromEntries(methods), 'Orders')
const client = new Orders(`127.0.0.1:${server.address().port}`, grpc.credentials.createInsecure(), {
  'grpc.enable_retries': 0,
})
for (const name of Object.keys(SERVED)) {
  const { code } = await new Promise((resolve) => client[name]({}, resolve))
  console.log(`${name} ${grpc.status[code]}`)
}
client.close()

// A library that gives the call up by itself as soon as the answer is seen to be none of gRPC.
const session = connect(`http://127.0.0.1:${server.address().port}`)
const stream = session.request({ ':path': '/shop.Orders/Busy', 'content-type': 'application/grpc' })
stream.resume().on('response', () => stream.close(8))
await once(stream, 'close')
console.log('Busy UNAVAILABLE')
session.close()
server.close()
