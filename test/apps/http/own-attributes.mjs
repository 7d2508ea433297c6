// Sets on its spans what the agent tells of requests, too.
import { createServer } from 'node:http'
import { context, trace } from '@opentelemetry/api'
import { getRPCMetadata } from '@opentelemetry/core'

const OWN = {
  '/plain': () => {},
  '/name': (span) => span.updateName('mine'),
  '/method': (span) => span.setAttribute('http.request.method', 'MINE'),
  '/route': (span) => span.setAttribute('http.route', '/mine'),
  '/named-route': (span) => span.setAttributes({ 'http.route': '/mine', mine: true }).updateName('mine'),
  '/no-route': (span) => span.setAttribute('http.route', ''),
  '/told-route': () => {
    // As instrumentations of frameworks tell it.
    const metadata = getRPCMetadata(context.active())
    if (metadata?.type === 'http') metadata.route = '/told/:id'
  },
  '/status': (span) => span.setAttribute('http.response.status_code', 299),
  '/many': (span) => {
    for (let i = 0; i < 130; i++) span.setAttribute(`mine.${i}`, i)
  },
}

const server = createServer((request, response) => {
  OWN[request.url]?.(trace.getActiveSpan())
  if (request.url !== '/unsent') return response.end()
  // Says that it is whole, and has no head.
  response.emit('finish')
  response.destroy()
  // Which has let go of the connection by then.
  request.socket.destroy()
})
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address()
  for (const path of Object.keys(OWN)) await (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  await fetch(`http://127.0.0.1:${port}/unsent`).catch(() => {})
  server.close()
})
