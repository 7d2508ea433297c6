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
console.trace('a stack of %s', 'mine')
console.trace()
console.error('Trace: no stack')
console.error('Trace: of mine\n    at console.trace (shop.mjs:1:1)')
const { prepareStackTrace, stackTraceLimit } = Error
Error.prepareStackTrace = () => 'Trace, as the program writes it'
console.trace('written otherwise')
Error.prepareStackTrace = prepareStackTrace
Error.stackTraceLimit = 0
console.trace('without a stack')
Error.stackTraceLimit = stackTraceLimit
console.log(console.log.name, console.log.length)
