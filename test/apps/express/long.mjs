// Has long texts: of its own, in what it asks itself, and in an error.
import { get } from 'node:http'
import { trace } from '@opentelemetry/api'
import express from 'express'

const LENGTH = 20_000
const app = express()
app.get('/fail', () => {
  throw new RangeError('m'.repeat(LENGTH))
})
app.get('/own', (_request, response) => {
  trace.getTracer('app').startActiveSpan('own', (span) => {
    span.setAttribute('text', 't'.repeat(LENGTH))
    span.recordException(new RangeError('m'.repeat(LENGTH)))
    span.end()
  })
  response.end()
})
app.get('/ask', (_request, response) => {
  const url = `http://127.0.0.1:${server.address().port}/asked?${'q'.repeat(9000)}`
  get(url, (answer) => answer.resume().on('end', () => fetch(url).then(() => response.end())))
})
app.use((_request, response) => response.end())
app.use((error, _request, response, _next) => response.status(500).end(error.name))

const server = app.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
