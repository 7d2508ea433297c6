// Calls of gRPC each of which is begun where the one before tells its end; prints what of them is still in memory then.
const { queryObjects } = require('node:v8')
const grpc = require('@grpc/grpc-js')

const Poll = {
  path: '/shop.Orders/Poll',
  requestStream: false,
  responseStream: false,
  requestSerialize: (text) => Buffer.from(text),
  requestDeserialize: String,
  responseSerialize: (text) => Buffer.from(text),
  responseDeserialize: String,
}
const CALLS = 200

const server = new grpc.Server()
server.addService({ Poll }, { Poll: (_call, callback) => callback(null, 'nothing') })
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, port) => {
  const client = new (grpc.makeGenericClientConstructor({ Poll }, 'Orders'))(
    `127.0.0.1:${port}`,
    grpc.credentials.createInsecure(),
  )
  const poll = (left, then) => client.Poll('', () => (left === 0 ? then() : poll(left - 1, then)))
  poll(CALLS, () => {
    const before = queryObjects(Map, { format: 'count' })
    poll(CALLS, () => {
      const more = queryObjects(Map, { format: 'count' }) - before
      console.log(more < CALLS ? 'a few' : `${more} more maps`)
      client.close()
      server.forceShutdown()
    })
  })
})
