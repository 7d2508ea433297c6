// Answers in all ways in which headers can be given, with a server-timing of its own in most of them.
const { createServer } = require('node:http')

const answers = {
  '/none': (res) => res.end('ok'),
  '/table': (res) => {
    res.setHeader('Server-Timing', 'db;dur=1')
    res.end('ok')
  },
  '/merged': (res) => {
    res.setHeader('x-other', '1')
    res.writeHead(200, { 'Server-Timing': 'db;dur=1' }).end('ok')
  },
  '/object': (res) => res.writeHead(200, { 'Server-Timing': 'db;dur=1', 'x-other': '1' }).end('ok'),
  '/objects': (res) => res.writeHead(200, { 'server-timing': ['db;dur=1', 'cache'] }).end('ok'),
  '/list': (res) => res.writeHead(200, ['Server-Timing', 'db;dur=1', 'x-other', '1']).end('ok'),
  '/status': (res) => res.writeHead(204).end(),
  '/flush': (res) => {
    res.flushHeaders()
    res.end('ok')
  },
}

const server = createServer((req, res) => answers[req.url](res))

server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
