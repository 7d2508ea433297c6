// A primary process forks a worker in the context of a span, and each tells the other all that IPC can carry.
const cluster = require('node:cluster')
const { createServer, get } = require('node:http')
const { trace } = require('@opentelemetry/api')

const MESSAGE = { text: 'tea', list: [1, null], big: 10n, date: new Date(0), map: new Map([['a', 1]]) }

if (cluster.isPrimary) {
  cluster.setupPrimary({ serialization: 'advanced' })
  trace.getTracer('cluster').startActiveSpan('fork', (span) => {
    const worker = cluster.fork({ MINE: '1' })
    worker.on('message', (message) => {
      if (message === 'ready') return worker.send(MESSAGE)
      console.log('primary got', message)
      if (message.port === undefined) return
      get({ port: message.port, host: '127.0.0.1' }, (response) => {
        response.resume().on('end', () => worker.disconnect())
      })
    })
    worker.on('exit', (code, signal) => {
      console.log('worker ended with', code, signal)
      span.end()
    })
  })
} else {
  process.once('message', (message) => {
    console.log('worker got', message, process.env.MINE)
    process.send(message)
    const server = createServer((_request, response) => response.end())
    server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  })
  process.send('ready')
}
