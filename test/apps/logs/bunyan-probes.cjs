const bunyan = require('bunyan')

const logger = bunyan.createLogger({ name: 'x', level: 'info' })
logger.info('written')
logger.debug('for probes only')
