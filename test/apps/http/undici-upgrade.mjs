// Sends upgrades and CONNECTs by the undici package that PACKAGE names, or opens WebSockets of Node.js, and exits with
// what is open.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const server = createServer((_req, res) => res.end('plain'))
server.on('upgrade', ({ url, headers }, socket) => {
  socket.on('error', () => {})
  if (url.endsWith('/refused')) return socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
  if (url.endsWith('/cut')) return socket.destroy()
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64')
  const lines = [`Upgrade: ${headers.upgrade}`, 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`, 'X-Told: yes']
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
})
server.on('connect', ({ url }, socket) => {
  socket.on('error', () => {})
  if (url.startsWith('refused')) socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
  else socket.write('HTTP/1.1 200 OK\r\n\r\n')
})

server.listen(0, '127.0.0.1', async () => {
  const base = `127.0.0.1:${server.address().port}`
  if (process.env.PACKAGE === undefined) await openWebSockets(`ws://${base}`)
  else await callPackage(await import(process.env.PACKAGE), `http://${base}`)
  process.exit()
})

async function openWebSockets(base) {
  for (const path of ['/open', '/refused', '/cut']) {
    const socket = new WebSocket(base + path)
    const event = await new Promise((resolve) => {
      socket.onopen = resolve
      socket.onerror = resolve
    })
    console.log(path, event.type)
  }
}

async function callPackage({ Client, upgrade }, base) {
  const print = (path, answer) =>
    answer.then(
      ({ statusCode, headers, socket }) => console.log(path, statusCode, headers['x-told'], typeof socket.write),
      (error) => console.log(path, error.code),
    )
  await print('/open', upgrade(`${base}/open`, { protocol: 'chat' }))
  await print('/refused', upgrade(`${base}/refused`, { protocol: 'chat' }))
  await print('/cut', upgrade(`${base}/cut`, { protocol: 'chat' }))
  await print('open:443', new Client(base).connect({ path: 'open:443' }))
  await print('refused:443', new Client(base).connect({ path: 'refused:443' }))
}
