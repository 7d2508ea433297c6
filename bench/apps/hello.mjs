// As hello.cjs, for the start-up of ES modules.
import { createServer } from 'node:http'

const server = createServer((_request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end('hello')
})

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
