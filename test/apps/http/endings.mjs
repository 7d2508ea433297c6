// Requests that end in all the ways but the usual one, each with a path of its own. Who ends them is in the path.
import { EventEmitter, once } from 'node:events'
import { createServer, get } from 'node:http'
import { connect } from 'node:net'
import { pipeline } from 'node:stream'

const HTTP = 'HTTP/1.1'
/** Tells the server that the client has got the first part of an answer. */
const parts = new EventEmitter()
const ways = {
  'server-error': (_req, res) => breakOff(res, new RangeError('out of tea')),
  'server-odd-error': (_req, res) => breakOff(res, Object.defineProperty(new Error('odd'), 'code', { get: refuse })),
  'server-silent': (_req, res) => breakOff(res),
  'server-socket': (req, res) => {
    res.write('half')
    parts.once('arrived', () => req.socket.destroy())
  },
  'server-pipeline': (_req, res) => {
    const failing = async function* () {
      yield 'half'
      await once(parts, 'arrived')
      throw new RangeError('out of tea')
    }
    pipeline(failing, res, () => {})
  },
  'server-garbage': (req) => req.socket.end('no HTTP at all\r\n\r\n'),
  'client-leaves': (_req, res) => res.write('half'),
  'client-stops-reading': (_req, res) => res.write('half'),
  'client-resets': (_req, res) => res.write('half'),
  // It is answered when nobody waits any more.
  'client-leaves-early': (_req, res) => {
    res.once('close', () => setImmediate(() => parts.emit('late', res.writeHead(200).end('whole'))))
    parts.emit('asked')
  },
  // It is answered by who reads the body, as parsers of bodies have express do; the client is gone, and its end still to come.
  'client-leaves-body': (req, res) => {
    req.resume().once('aborted', () => parts.emit('answered', res.writeHead(500).end('no body')))
    parts.emit('asked')
  },
  // They wait for an answer that never comes, two of them with their own, of which the last has got all that was asked.
  'client-resets-first': () => {},
  'client-resets-second': () => {},
  'client-resets-third': (_req, res) => res.end('whole'),
  'client-resets-fourth': (req, res) => {
    req.resume().once('close', () => parts.emit('pipelined', res.end('whole')))
  },
}
const server = createServer((req, res) => ways[req.url.slice(1)](req, res))
// Node.js itself answers with 408.
const impatient = createServer({ requestTimeout: 50, connectionsCheckingInterval: 10 }, (req) =>
  req.on('error', () => {}).resume(),
)
server.on('upgrade', (req, socket) => {
  socket.removeAllListeners()
  if (req.url === '/upgrade/refused') socket.end(`${HTTP} 401 Unauthorized\r\nConnection: close\r\n\r\n`)
  else if (req.url === '/upgrade/cut') socket.destroy()
  else if (req.url === '/upgrade/wrapped') return refuseLater(socket)
  else
    socket.write(`${HTTP} 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n`, () => socket.end())
  console.log(req.url, Object.keys(socket).includes('emit'), socket.eventNames().join())
})

server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address()
  for (const way of ['server-error', 'server-odd-error', 'server-silent', 'server-socket', 'server-pipeline']) {
    await new Promise((resolve) =>
      get({ port, path: `/${way}` }, (res) => {
        res.on('data', () => parts.emit('arrived'))
        res.on('error', () => {}).on('close', resolve)
      }),
    )
  }
  await fetch(`http://127.0.0.1:${port}/server-garbage`).catch(() => {})
  await new Promise((resolve) => {
    const request = get({ port, path: '/client-leaves' }, (res) => {
      res.on('data', () => request.destroy())
      res.on('error', () => {})
      request.on('close', resolve)
    })
  })
  await new Promise((resolve) => {
    get({ port, path: '/client-stops-reading' }, async (res) => {
      res.on('close', resolve)
      for await (const _part of res) break
    })
  })
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET /client-resets ${HTTP}\r\nHost: x\r\n\r\n`)
  await once(socket, 'data')
  socket.resetAndDestroy()
  const leaving = connect(port, '127.0.0.1')
  leaving.write(`GET /client-leaves-early ${HTTP}\r\nHost: x\r\n\r\n`)
  await once(parts, 'asked')
  leaving.destroy()
  await once(parts, 'late')
  const sending = connect(port, '127.0.0.1')
  sending.write(`GET /client-leaves-body ${HTTP}\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf`)
  await once(parts, 'asked')
  sending.destroy()
  await once(parts, 'answered')
  const pipelining = connect(port, '127.0.0.1')
  for (const which of ['first', 'second', 'third', 'fourth'])
    pipelining.write(`GET /client-resets-${which} ${HTTP}\r\nHost: x\r\n\r\n`)
  await once(parts, 'pipelined')
  pipelining.resetAndDestroy()
  await once(impatient.listen(0, '127.0.0.1'), 'listening')
  const stalling = connect(impatient.address().port, '127.0.0.1')
  stalling.write(`GET /client-stalls ${HTTP}\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf`)
  await once(stalling.resume(), 'close')
  impatient.close()
  for (const path of ['/upgrade', '/upgrade/refused', '/upgrade/cut', '/upgrade/wrapped']) {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET ${path} ${HTTP}\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n`)
    await new Promise((resolve) =>
      socket
        .on('close', resolve)
        .on('error', () => {})
        .on('end', () => socket.end())
        .resume(),
    )
  }
  server.close()
})

function breakOff(res, error) {
  res.write('half')
  parts.once('arrived', () => res.destroy(error))
}

/** As with a library that binds emitters, in the place of the socket's `emit`. */
function refuseLater(socket) {
  const { emit } = socket
  let calls = 0
  socket.emit = (...args) => {
    calls++
    return emit.apply(socket, args)
  }
  for (let i = 1; i <= 20; i++) socket.emit('asked', i)
  console.log('emitted', calls)
  socket.end(`${HTTP} 403 Forbidden\r\nConnection: close\r\n\r\n`)
}

function refuse() {
  throw new Error('nothing can be read')
}
