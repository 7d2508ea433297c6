const pino = require('pino')
const { serve } = require('./serve.cjs')

const transport = pino.transport({ target: 'pino/file', options: { destination: 1 } })
const logger = pino({ base: undefined, timestamp: false }, transport)

serve(() => logger.info('plain'))
