// Serves one request over HTTP/2 in the way of SERVE, and sends it in the way of SEND, to a session that has come about in
// the way of CONNECT; prints the headers that came.
import { once } from 'node:events'
import { connect, createServer, sensitiveHeaders } from 'node:http2'
import { promisify } from 'node:util'

const { SERVE = 'stream', SEND = 'object', CONNECT = 'call' } = process.env

const bodyOf = (headers) => JSON.stringify({ ...headers, sensitive: String(headers[sensitiveHeaders]) })

function answer(stream, headers) {
  stream.respond({ ':status': 200, 'content-type': 'application/json' })
  stream.end(bodyOf(headers))
}

const SERVERS = {
  stream: () => createServer().on('stream', answer),
  session: () => createServer().on('session', (session) => session.on('stream', answer)),
  request: () => createServer((request, response) => response.end(bodyOf(request.headers))),
  late: () => createServer().on('stream', (stream, headers) => setTimeout(answer, 5, stream, headers)),
}

const HEADERS = {
  object: () => ({ ':path': '/hello?sig=SECRET' }),
  // What a proxy that copies headers has in it already.
  copied: () => ({ ':path': '/hello?sig=SECRET', TraceParent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }),
  sensitive: () => ({ ':path': '/hello?sig=SECRET', cookie: 'a=b', [sensitiveHeaders]: ['cookie'] }),
  bare: () => Object.assign(Object.create(null), { ':path': '/hello?sig=SECRET' }),
  frozen: () => Object.freeze({ ':path': '/hello?sig=SECRET', traceparent: 'none' }),
  list: () =>
    Object.assign([':method', 'GET', ':path', '/hello?sig=SECRET', 'x-own', 'a', 'traceparent', 'none'], {
      [sensitiveHeaders]: ['x-own'],
    }),
}

const SESSIONS = {
  call: connect,
  promise: promisify(connect),
}

const server = SERVERS[SERVE]().listen(0, '127.0.0.1')
await once(server, 'listening')
const session = await SESSIONS[CONNECT](`http://127.0.0.1:${server.address().port}`)
const headers = HEADERS[SEND]()
const before = JSON.stringify(headers)
const request = session.request(headers)
let body = ''
request.setEncoding('utf8').on('data', (data) => {
  body += data
})
await once(request, 'end')
console.log(body)
if (JSON.stringify(headers) !== before) console.log('the headers of the program were changed')
session.close()
server.close()
