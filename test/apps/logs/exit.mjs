import { logs } from '@opentelemetry/api-logs'

const logger = logs.getLogger('shop')
logger.emit({ body: 'first' })
if (process.argv[2] === 'exit') {
  process.on('exit', () => logger.emit({ body: 'last' }))
  process.exit(3)
}
if (process.argv[2] === 'throw') throw new Error('thrown')
if (process.argv[2] === 'signal') process.kill(process.pid, 'SIGTERM')
