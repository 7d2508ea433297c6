const winston = require('winston')
const { serve } = require('./serve.cjs')

const { combine, errors, json, printf } = winston.format
const logger = winston.createLogger({
  format: combine(errors({ stack: false }), json()),
  transports: [new winston.transports.Console()],
})
const text = winston.createLogger({
  format: printf(({ level, message, ...rest }) => `${level} ${message} ${JSON.stringify(rest)}`),
  defaultMeta: { service: 'x' },
  transports: [new winston.transports.Console()],
})
const again = { level: 'info', message: 'again' }
const failure = Object.assign(new Error('failed'), { code: 'E1' })

serve(() => {
  logger.info('plain')
  logger.child({ part: 'child' }).warn('child', { list: [{}] })
  logger.error(failure)
  logger.log(again)
  if (Object.keys(again).join() !== 'level,message' || Object.keys(failure).join() !== 'code,level') {
    throw new Error("changed what is the program's")
  }
  logger.info('own id', { trace_id: 'own' })
  logger.debug('unwritten')
  text.info('text')
})
