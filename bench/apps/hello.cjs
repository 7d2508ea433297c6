// The smallest program: one handler of node:http.
const { createServer } = require('node:http')

const server = createServer((_request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end('hello')
})

// Connections are kept where a busy machine has the load stand still.
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
