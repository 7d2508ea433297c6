// Two workers of a cluster, each with a logger whose transport is a thread, and a span.
const cluster = require('node:cluster')
const { trace } = require('@opentelemetry/api')
const pino = require('pino')

if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork().on('exit', (code) => console.log('exit', code))
} else {
  const transport = pino.transport({ target: 'pino/file', options: { destination: '/dev/null' } })
  transport.on('close', () => process.disconnect())
  trace.getTracer('cluster').startActiveSpan('job', (span) => {
    pino(transport).info('done')
    span.end()
    transport.end()
  })
}
