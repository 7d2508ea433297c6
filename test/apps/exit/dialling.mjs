// Serves a request, and has nothing more to do as soon as CONNECTIONS connections are being made, none of them its own.
import { createServer, get } from 'node:http'

const server = createServer((_req, res) => res.end('ok')).listen(0, '127.0.0.1', () => {
  get({ port: server.address().port, agent: false }, (response) => response.resume().on('end', () => server.close()))
})
const look = setInterval(() => {
  const made = process.getActiveResourcesInfo().filter((name) => name.endsWith('ConnectWrap'))
  if (made.length < Number(process.env.CONNECTIONS)) return
  clearInterval(look)
  process.on('exit', () => console.log('ended'))
}, 10)
