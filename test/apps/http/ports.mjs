// Calls whose Host header does not tell the port that they go to; prints the ports.
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'

const server = createServer((_req, res) => res.end('ok'))

server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address()
  const closed = await closedPort()
  const host = '127.0.0.1'
  await call({ host, port, path: '/own', headers: { Host: host } })
  await call({ host, port, path: '/own-again', headers: { Host: host } })
  await call({ host, port, path: '/other', headers: { Host: 'example.com' } })
  // As proxies do that hand on the header with which they were asked.
  await call({ host, port, path: '/handed-on', headers: { Host: `${host}:${closed}` } })
  await call({ host, port, path: '/list', headers: ['Host', 'example.com'] })
  // As agents for proxies do, it connects to another place than the one that is asked for.
  const agent = new Agent()
  agent.createConnection = () => connect(port, host)
  await call({ host: 'shop.example', agent, path: '/tunnel' })
  await call({ host: 'shop.example', port: 8080, agent, path: '/tunnel-other', headers: { Host: 'example.com' } })
  await call({ host, port: closed, path: '/refused-own', headers: { Host: host } })
  await call({ host, port: closed, path: '/refused-handed-on', headers: { Host: `${host}:${port}` } })
  await call({ host, port: closed, path: '/refused-other', headers: { Host: 'example.com' } })
  await call({ host, port: closed, path: '/refused-list', headers: ['Host', `${host}:${closed}`] })
  console.log(JSON.stringify({ port, closed }))
  server.close()
  server.closeAllConnections()
})

function call(options) {
  return new Promise((resolve) => {
    get(options, (res) => res.resume().on('end', resolve)).on('error', resolve)
  })
}

async function closedPort() {
  const probe = createTcpServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}
