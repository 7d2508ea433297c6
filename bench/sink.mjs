// The collector of the bench, a process of its own: takes what agents send, counts spans and bytes, keeps nothing.
// Each agent has a port of its own, so that what comes is told apart by where it comes to.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { countJson, countMsgpack, countProtobuf } from './count.mjs'
import { answer } from './helper.mjs'

const inlets = new Map()

answer(async (question) => {
  if (question.open !== undefined) return open(question.open, question.port ?? 0)
  if (question.close !== undefined) return close(inlets.get(question.close))
  if (question.reopen !== undefined) return reopen(inlets.get(question.reopen))
  if (question.alias !== undefined) return alias(question.alias, question.of)
  const { spans, bytes, posts, faults } = inlets.get(question.count)
  return { spans, bytes, posts, faults }
})

async function open(key, port) {
  const inlet = { port: 0, spans: 0, bytes: 0, posts: 0, faults: [] }
  inlets.set(key, inlet)
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      try {
        take(inlet, request, Buffer.concat(chunks))
      } catch (error) {
        if (inlet.faults.length < 5) inlet.faults.push(`${request.url}: ${error.message}`)
      }
      reply(request, response)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  inlet.port = server.address().port
  inlet.server = server
  return { port: inlet.port }
}

/** The collector is away: connections are cut, new ones refused. */
async function close({ server }) {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}

async function reopen({ server, port }) {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

/** One more name for an inlet whose port is fixed. */
function alias(key, of) {
  const inlet = inlets.get(of)
  inlets.set(key, inlet)
  return { port: inlet.port }
}

function take(inlet, { url, headers }, wire) {
  const count = url.endsWith('/v1/traces') ? otlpCounter(headers) : url === '/v0.4/traces' ? countMsgpack : undefined
  if (count === undefined || wire.length === 0) return
  inlet.posts++
  inlet.bytes += wire.length
  inlet.spans += count(headers['content-encoding'] === 'gzip' ? gunzipSync(wire) : wire)
}

function otlpCounter(headers) {
  return String(headers['content-type']).includes('json') ? countJson : countProtobuf
}

/** An empty answer is a whole success in OTLP; dd-trace reads JSON. */
function reply({ url, headers }, response) {
  if (url === '/info') return response.writeHead(404).end()
  if (url.startsWith('/v1/') && !String(headers['content-type']).includes('json')) {
    return response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  }
  return response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
}
