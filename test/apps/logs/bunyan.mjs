import bunyan from 'bunyan'
import { serve } from './serve.cjs'

const logger = bunyan.createLogger({ name: 'x' })
const several = bunyan.createLogger({
  name: 'several',
  streams: [
    { stream: process.stdout },
    { type: 'raw', stream: { write: (record) => console.log(JSON.stringify(record)) } },
  ],
})
const fields = { part: 'child' }
const failure = Object.assign(new Error('failed'), { stack: 'Error: failed' })

serve(() => {
  logger.info('plain')
  logger.child(fields).warn({ list: [{}] }, 'child %s', 'of one')
  logger.error(failure)
  several.info('to two streams')
  logger.info({ trace_id: 'own' }, 'own id')
  logger.debug('unwritten')
})
