import { trace } from '@opentelemetry/api'

trace.getTracer('shop').startActiveSpan('work', (span) => {
  console.log('%s is %d', 'answer', 42, { more: [1] })
  console.info('info')
  console.warn('warn')
  console.error(new Error('failed').message)
  console.debug('debug')
  console.table([[1, 2]])
  span.end()
})
console.log(console.log.name, console.log.length)
