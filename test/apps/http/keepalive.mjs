// Two calls on one kept connection: the first from a request's handler, the second from no request at all.
import { Agent, createServer, get } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const server = createServer((req, res) => {
  if (req.url !== '/outer') return res.end('inner')
  call('/inside', () => res.end('outer'))
})

server.listen(0, '127.0.0.1', () => {
  const finish = () =>
    call('/outside', () => {
      agent.destroy()
      server.close()
    })
  fetch(url('/outer')).then((response) => response.text())
  const waiting = setInterval(() => {
    if (Object.keys(agent.freeSockets).length === 0) return
    clearInterval(waiting)
    finish()
  }, 5)
})

const url = (path) => `http://127.0.0.1:${server.address().port}${path}`
const call = (path, done) => get(url(path), { agent }, (res) => res.resume().on('end', done))
