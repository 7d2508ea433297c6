// Loads what it is told to, and then asks itself, with a span of its own in the handler.
const { trace } = require('@opentelemetry/api')

for (const name of process.argv.slice(2)) require(name)
const { createServer, get } = require('node:http')

const server = createServer((_req, res) => {
  trace.getTracer('shop').startActiveSpan('price', (span) => {
    res.end()
    span.end()
  })
})
server.listen(0, '127.0.0.1', () => {
  get({ port: server.address().port, host: '127.0.0.1' }, (res) => {
    res.resume().on('end', () => server.close())
  })
})
