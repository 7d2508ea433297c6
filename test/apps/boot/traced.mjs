import { createServer } from 'node:http'

const server = createServer((_req, res) => res.end('ok'))
server.listen(0, '127.0.0.1', async () => {
  await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text()
  server.close()
  server.closeAllConnections()
})
