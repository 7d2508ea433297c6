// Asks through a proxy that makes no tunnels, and prints the error; then breaks off an answer of the proxy's own.
import { createServer } from 'node:http'

const { Client, ProxyAgent, request } = await import(process.env.PACKAGE)

const proxy = createServer((_req, res) => res.write('never whole'))
proxy.on('connect', (_req, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))

proxy.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${proxy.address().port}`
  const dispatcher = new ProxyAgent(url)
  await request('https://shop.example/tea', { dispatcher }).catch(({ code }) => console.log(code))
  const client = new Client(url)
  const { body } = await client.request({ path: '/own', method: 'GET' })
  body.on('error', () => {}).destroy()
  await client.destroy()
  // undici 5 waits for its time-out of connections.
  process.exit()
})
