// Calls of gRPC that end in all ways, and then three at once that wait for the same connection, and two that get none.
const { createServer } = require('node:http')
const grpc = require('@grpc/grpc-js')

const asJson = {
  requestSerialize: (value) => Buffer.from(JSON.stringify(value)),
  requestDeserialize: (bytes) => JSON.parse(bytes),
  responseSerialize: (value) => Buffer.from(JSON.stringify(value)),
  responseDeserialize: (bytes) => JSON.parse(bytes),
}
const method = (name, responseStream = false) => ({
  path: `/shop.Orders/${name}`,
  requestStream: false,
  responseStream,
  ...asJson,
})
const { Missing, ...SERVED } = {
  Get: method('Get'),
  List: method('List', true),
  Fail: method('Fail'),
  Crash: method('Crash'),
  Wait: method('Wait'),
  Late: method('Late'),
  Missing: method('Missing'),
}

/** What the caller of `Wait` does when its call has come to the server. */
let giveUp

const server = new grpc.Server()
server.addService(SERVED, {
  Get: ({ metadata }, callback) => callback(null, metadata.get('traceparent').length),
  List: (call) => {
    for (const number of [1, 2, 3]) call.write(number)
    call.end()
  },
  Fail: (_call, callback) => callback({ code: grpc.status.NOT_FOUND, details: 'no such ü' }),
  Crash: (_call, callback) => callback(new TypeError('oops')),
  Wait: () => giveUp(),
  Late: () => {},
})

const Orders = grpc.makeGenericClientConstructor({ ...SERVED, Missing }, 'Orders')
const connectTo = (port) => new Orders(`localhost:${port}`, grpc.credentials.createInsecure())
const call = (client, name, options = {}) =>
  new Promise((resolve) => {
    client[name]({}, new grpc.Metadata(), options, (error, value) => resolve(error ? error.code : value))
  })

server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), async (_error, port) => {
  const client = connectTo(port)
  const codes = []
  for (const name of ['Get', 'Fail', 'Crash', 'Missing']) codes.push(await call(client, name))
  codes.push(await call(client, 'Late', { deadline: Date.now() + 50 }))
  codes.push(
    await new Promise((resolve) => {
      const waiting = client.Wait({}, (error) => resolve(error.code))
      giveUp = () => waiting.cancel()
    }),
  )
  await new Promise((resolve) => client.List({}).on('end', resolve).resume())
  client.close()
  console.log(codes.join(' '))

  const clients = { '/up': connectTo(port), '/down': connectTo(1) }
  const web = createServer(async ({ url }, response) => response.end(String(await call(clients[url], 'Get'))))
  web.listen(0, '127.0.0.1', async () => {
    const ask = async (path) => (await fetch(`http://127.0.0.1:${web.address().port}${path}`)).text()
    console.log((await Promise.all(['/up', '/up', '/up', '/down', '/down'].map(ask))).join(' '))
    for (const each of Object.values(clients)) each.close()
    server.forceShutdown()
    web.close()
  })
})
