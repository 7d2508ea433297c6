// Answers whose heads alone are asked for, until the server closes their connections; prints when that was.
import { once } from 'node:events'
import { createServer, get, request } from 'node:http'

const server = createServer((_req, res) => res.end('whole'))

server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address()
  const calls = [
    request({ port, path: '/head', method: 'HEAD' }).end(),
    get({ port, path: '/unread' }),
    // This one is read in part.
    get({ port, path: '/begun' }, (res) => res.once('readable', () => res.read(1))),
  ]
  await Promise.all(calls.map((call) => once(call, 'response')))
  await new Promise((resolve) => setTimeout(resolve, 100))
  console.log(Date.now())
  await new Promise((resolve) => setTimeout(resolve, 100))
  server.close()
  server.closeAllConnections()
})
