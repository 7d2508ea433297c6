// Calls that fail in all the ways that calls can, each with a path of its own.
import { createServer, get, request } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { PassThrough } from 'node:stream'

const server = createServer((req, res) => {
  if (req.url.startsWith('/404')) return res.writeHead(404).end()
  if (req.url.startsWith('/reset')) return req.socket.destroy()
  if (req.url.startsWith('/cut')) {
    res.writeHead(200, { 'content-length': 10 })
    res.write('half')
    return setTimeout(() => req.socket.destroy(), 20)
  }
  if (req.url.startsWith('/half')) return res.write('half')
  if (req.url === '/proxy') {
    const body = new PassThrough()
    const call = request(req.headers['x-to'], { method: 'POST' })
    call.on('error', ({ code }) => res.writeHead(502).end(code))
    body.pipe(call)
    return
  }
  // Everything else waits to be aborted.
})

server.listen(0, '127.0.0.1', async () => {
  const base = `http://127.0.0.1:${server.address().port}`
  const closed = `http://127.0.0.1:${await closedPort()}`
  await failing(fetch(`${closed}/refused/fetch`))
  await fetch(`${base}/404`)
  await failing(fetch(`${base}/reset/fetch`))
  await failing(fetch(`${base}/abort/fetch`, { signal: aborted() }))
  await failing(fetch(`${base}/abort/reason`, { signal: aborted(new Error('enough')) }))
  await failing(fetch(`${base}/timeout/fetch`, { signal: AbortSignal.timeout(50) }))
  await error(get(`${closed}/refused/get`))
  const both = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }))
  const lookup = (_host, _options, found) => found(null, both)
  await error(get(`${closed.replace('127.0.0.1', 'both')}/refused/both`, { lookup, autoSelectFamily: true }))
  await error(get(`${base}/reset/get`))
  await error(get(`${base}/abort/get`, { signal: aborted() }))
  await error(get(`${base}/timeout/get`, { signal: AbortSignal.timeout(50) }))
  await error(get(`${base}/half/get`, { signal: AbortSignal.timeout(50) }, (res) => res.resume().on('error', () => {})))
  const late = (path, end) => {
    const request = get(base + path, { timeout: 50 }, (res) => res.resume().on('error', () => {}))
    request.on('timeout', () => end(request))
    return new Promise((resolve) => request.on('error', () => {}).on('close', resolve))
  }
  await late('/timeout/destroy', (request) => request.destroy())
  await late('/timeout/abort', (request) => request.abort())
  await late('/timeout/socket', (request) => request.socket.destroy())
  await late('/half/destroy', (request) => request.destroy())
  await late('/half/response', (request) => request.res.destroy())
  await late('/timeout/patience', (request) => setTimeout(() => request.destroy(), 10))
  const destroyed = get(`${base}/abort/destroy`)
  setTimeout(() => destroyed.destroy(), 50)
  await error(destroyed)
  await new Promise((resolve) => get(`${base}/cut/get`, (res) => res.resume().on('error', resolve)))
  const proxied = await fetch(`${base}/proxy`, { headers: { 'x-to': `${closed}/refused/piped` } })
  if ((await proxied.text()) !== 'ECONNREFUSED') throw new Error('the program does not hear of the failure')
  await error(request(`${base}/never/sent`, { method: 'POST' }).destroy())
  const delayed = request(`${base}/404?late`, { method: 'POST' })
  delayed.on('socket', () => setImmediate(() => delayed.end()))
  await new Promise((resolve) => delayed.on('response', (res) => res.resume().on('end', resolve)))
  server.close()
  server.closeAllConnections()
})

const failing = (promise) =>
  promise.then(
    () => {
      throw new Error('did not fail')
    },
    () => {},
  )
const error = (request) => new Promise((resolve) => request.on('error', resolve))

function aborted(reason) {
  const aborting = new AbortController()
  setTimeout(() => aborting.abort(reason), 50)
  return aborting.signal
}

function closedPort() {
  return new Promise((resolve) => {
    const probe = createTcpServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
