// Serves 300 requests whose clients all go away, and prints how many objects of each kind are left of them in memory.
import { ClientRequest, createServer, get, IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { queryObjects } from 'node:v8'
import { trace } from '@opentelemetry/api'

const seen = new Map()
const kinds = [ClientRequest, IncomingMessage, ServerResponse, Socket]
let Span
const server = createServer((req) => {
  Span = trace.getActiveSpan().constructor
  seen.get(req.url)()
  seen.delete(req.url)
})

server.listen(0, '127.0.0.1', async () => {
  for (let i = 0; i < 300; i += 30) await Promise.all(Array.from({ length: 30 }, (_, n) => aborted(`/${i + n}`)))
  server.close(() =>
    setImmediate(() => {
      for (const kind of [...kinds, Span]) console.log(kind.name, queryObjects(kind))
    }),
  )
})

function aborted(path) {
  return new Promise((resolve) => {
    const request = get({ port: server.address().port, host: '127.0.0.1', path, agent: false })
    seen.set(path, () => request.destroy())
    request.on('error', () => {})
    request.on('close', resolve)
  })
}
