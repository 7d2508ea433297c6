// Requests over HTTP/2 that end in all ways, one after the other; prints how their callers see it.
import { once } from 'node:events'
import { connect, constants, createServer } from 'node:http2'
import { pipeline, Readable } from 'node:stream'

const STREAMS = {
  '/ok': (stream) => stream.respond({ ':status': 204 }, { endStream: true }),
  '/missing': (stream) => stream.respond({ ':status': 404 }, { endStream: true }),
  '/broken': (stream) => {
    stream.respond({ ':status': 500 })
    stream.end('sorry')
  },
  '/file': (stream) => stream.respondWithFile(import.meta.filename),
  '/nofile': (stream) => stream.respondWithFile('/none/such'),
  '/behind': (stream) => stream.destroy(Object.assign(new Error('of another connection'), { code: 'ECONNRESET' })),
  '/refused': (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
  '/destroyed': (stream) => stream.destroy(new TypeError('oops')),
  '/half': (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('half', () => stream.destroy(new RangeError('no more')))
  },
  '/cut': (stream) => {
    const source = new Readable({ read() {} })
    pipeline(source, stream, () => {})
    source.destroy()
  },
  '/cancelled': () => {},
  '/cancelled/piped': (stream) => {
    stream.respond({ ':status': 200 })
    pipeline(new Readable({ read() {} }), stream, () => {})
  },
  '/cancelled/streamed': (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('half')
  },
  '/closed/streamed': (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('half')
  },
  '/slow': () => {},
  '/slow/streamed': (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('half')
  },
  '/gone': () => {},
  '/lost': (stream) => stream.session.destroy(),
  '/lost/streamed': (stream) => {
    stream.respond({ ':status': 200 })
    stream.write('half')
  },
  '/post': (stream) => {
    stream.respond({ ':status': 201 })
    stream.pipe(stream)
  },
  '/post/empty': (stream) => {
    stream.respond({ ':status': 201 })
    stream.end('enough')
  },
}

/** What clients do when their requests have come to the server. */
const GIVING_UP = {
  '/cancelled': (request) => request.close(constants.NGHTTP2_CANCEL),
  '/slow': (request) => request.setTimeout(20, () => request.close(constants.NGHTTP2_CANCEL)),
  '/gone': (request) => request.session.destroy(),
}

/** And when they are being answered. */
const ANSWERED = {
  '/cancelled/piped': (request) => request.on('response', () => request.close(constants.NGHTTP2_CANCEL)),
  '/cancelled/streamed': (request) => request.once('data', () => request.close(constants.NGHTTP2_CANCEL)),
  '/closed/streamed': (request) => request.once('data', () => request.close()),
  '/slow/streamed': (request) => request.once('data', () => GIVING_UP['/slow'](request)),
  '/lost/streamed': (request) => request.once('data', () => current.stream.session.destroy()),
}

const server = createServer()
server.on('stream', (stream, { ':path': path }) => {
  stream.on('error', ({ name }) => console.log(`${path} failed with ${name} in the server`))
  stream.on('close', () => current.closed())
  current.stream = stream
  STREAMS[path](stream)
  GIVING_UP[path]?.(current.request)
})
server.on('sessionError', () => {})
const current = {}
server.listen(0, '127.0.0.1')
await once(server, 'listening')

for (const path of Object.keys(STREAMS)) {
  const session = connect(`http://127.0.0.1:${server.address().port}`)
  const isClosed = new Promise((resolve) => {
    current.closed = resolve
  })
  const request = session.request({ ':path': path, ':method': path.startsWith('/post') ? 'POST' : 'GET' })
  request.on('response', ({ ':status': status }) => console.log(`${path} is answered with ${status}`))
  request.on('error', ({ code }) => console.log(`${path} failed with ${code}`))
  ANSWERED[path]?.(request)
  current.request = request
  request.resume()
  if (path.startsWith('/post')) request.end(path === '/post' ? 'body' : '')
  await Promise.all([isClosed, new Promise((resolve) => request.on('close', resolve))])
  session.destroy()
}
server.close()
