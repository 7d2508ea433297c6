// Fields that have names which the libraries give to fields of their own.
const { hostname } = require('node:os')
const bunyan = require('bunyan')
const pino = require('pino')

const fields = { hostname: 'db1.internal', pid: 77, v: 3, time: 'noon' }
const nowhere = { write() {} }

pino(nowhere).info(fields, 'own')
pino({ base: null, timestamp: false }, nowhere).info(fields, 'own')
pino(nowhere).info('plain')
pino({ timestamp: pino.stdTimeFunctions.isoTime }, nowhere).info({ hostname: hostname() }, 'iso')
pino({ timestamp: false }, nowhere).info({ time: 5 }, 'no time')
pino(nowhere).child({ pid: 77 }).info('of a child')
pino({ base: { hostname: 'pod-7' } }, nowhere).info('based')

const streams = [{ type: 'raw', stream: nowhere }]
const logger = bunyan.createLogger({ name: 'x', streams })
logger.info(fields, 'own')
logger.info('plain')
logger.info({ time: new Date(1_700_000_000_000) }, 'dated')
bunyan.createLogger({ name: 'x', hostname: 'pod-7', streams }).info('based')
