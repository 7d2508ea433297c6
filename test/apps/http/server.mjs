// A server with all that servers do wrong and right. What it is asked to do is in the path.
import { createServer, get } from 'node:http'

const server = createServer((req, res) => {
  const { pathname } = new URL(req.url, 'http://localhost')
  const answer = answers[pathname.split('/')[1]]
  if (answer === undefined) {
    res.writeHead(404).end('not found')
    return
  }
  answer(req, res)
})

const answers = {
  hello: (_req, res) => res.end('hello'),
  boom: (_req, res) => res.writeHead(503).end('boom'),
  redirect: (_req, res) => res.writeHead(302, { location: '/hello' }).end(),
  never: () => console.log('waiting'),
  half: (_req, res) => {
    res.writeHead(200, { 'content-length': 100 })
    res.write('half')
    console.log('waiting')
  },
  events: (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    let left = 3
    const timer = setInterval(() => {
      res.write('data: tick\n\n')
      if (--left > 0) return
      clearInterval(timer)
      res.end()
    }, 5)
  },
  long: (_req, res) => res.end(Buffer.alloc(32 * 1024 * 1024)),
  body: (req, res) => {
    const seen = []
    req.on('data', () => seen.push(self('/hello')))
    req.on('end', async () => {
      seen.push(self('/hello'))
      await Promise.all(seen)
      res.on('close', () => self('/hello'))
      res.end('read')
    })
  },
  thenable: async (_req, res) => {
    // biome-ignore lint/suspicious/noThenProperty: a query builder of a kind that programs await.
    await { then: (resolve) => get(url('/hello'), (inner) => inner.resume().on('end', resolve)) }
    res.end('ok')
  },
  headers: (req, res) => res.end(JSON.stringify(req.rawHeaders)),
}

server.on('upgrade', (_req, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n')
  socket.on('data', (data) => socket.write(data))
  socket.on('end', () => socket.end())
})

server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})

const url = (path) => `http://127.0.0.1:${server.address().port}${path}`
const self = (path) => new Promise((resolve) => get(url(path), (res) => res.resume().on('end', resolve)))
