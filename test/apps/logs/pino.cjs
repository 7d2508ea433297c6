const pino = require('pino')
const { serve } = require('./serve.cjs')

const logger = pino({ base: null, timestamp: false })
const nested = pino({ base: { app: 'x' }, timestamp: false, nestedKey: 'data', redact: ['data.secret'] })
const bound = pino({ base: null, timestamp: false, formatters: { level: (label) => ({ label }) } }).child({
  trace_id: 'bound',
})
const empty = pino({ base: null, timestamp: false, formatters: { level: () => ({}) } })
const failure = Object.assign(new Error('failed'), { stack: 'Error: failed' })

serve(() => {
  logger.info('plain')
  logger.child({ part: 'child' }).warn({ secret: 1, list: [{}] }, 'child %s', 'of one')
  logger.error(failure)
  logger.info({ deep: { trace_id: 'deep' } }, 'a "trace_id": in a text }')
  nested.info({ secret: 'x', trace_id: 'nested' })
  logger.info({ trace_id: 'own' }, 'own id')
  bound.info('own id')
  logger.debug('unwritten')
  empty.info()
})
