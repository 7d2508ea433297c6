import { createServer } from 'node:http'

const server = createServer((request, response) => {
  console.log(`${request.method} ${request.url}`)
  response.end('hello')
})
process.on('SIGTERM', () => {
  console.log('stopping')
  if (process.env.STUBBORN !== '1') server.close()
  server.closeIdleConnections()
})
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
