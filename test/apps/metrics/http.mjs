// Serves itself requests of all kinds, by node:http and fetch, and ends.
import { createServer, get } from 'node:http'

const server = createServer((request, response) => {
  if (request.url === '/cut') return request.socket.destroy()
  response.statusCode = Number(request.url.slice(1))
  response.end('ok')
}).listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`
  for (const path of ['/200', '/200', '/404', '/500', '/cut'])
    await fetch(url + path).then(
      (r) => r.text(),
      () => {},
    )
  await fetch(`${url}/200`, { method: 'POST' }).then((r) => r.text())
  for (const path of ['/200', '/503', '/cut']) {
    await new Promise((resolve) => {
      get(url + path, (response) => response.resume().on('close', resolve)).on('error', resolve)
    })
  }
  get({ port: 1, host: '127.0.0.1' }).on('error', () => {
    server.close()
    server.closeAllConnections()
  })
})
