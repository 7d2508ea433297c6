// Started by someone else: does some work, is then a server for one request, and does some more work.
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { context, propagation, trace } from '@opentelemetry/api'

const tracer = trace.getTracer('started')
tracer.startSpan('early').end()
tracer.startSpan('own root', { root: true }).end()
console.log(propagation.getBaggage(context.active())?.getEntry('shop')?.value)

const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()
const [response] = await once(get({ port, host: '127.0.0.1', headers: { 'x-from': 'inside' } }), 'response')
response.resume()
await once(response, 'end')
tracer.startSpan('late').end()
server.close()
