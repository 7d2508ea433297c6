// What formats make of records, and records that wait for a slow transport.
const { EventEmitter } = require('node:events')
const { Writable } = require('node:stream')
const { trace } = require('@opentelemetry/api')
const winston = require('winston')

const { colorize, combine, errors, json, splat } = winston.format
const nowhere = () => [
  new winston.transports.Stream({ stream: new Writable({ write: (_text, _encoding, done) => done() }) }),
]
const logger = (format) => winston.createLogger({ format, transports: nowhere() })
const secret = winston.format((info) => {
  if (info.private) return false
  return { ...info, message: String(info.message).replace('1234', '****'), card: undefined }
})
const failure = () => Object.assign(new RangeError('no tea'), { code: 'E1' })
/** A transport as winston 2 had them, of which winston says by `console` that it is old. */
const old = () =>
  Object.assign(new EventEmitter(), {
    name: 'old',
    log(_level, message, _meta, done) {
      console.log(message)
      done()
    },
  })

function log() {
  logger(combine(splat(), json())).info('%s has %d', 'ann', 5, { shelf: 'a' })
  logger(combine(secret(), json())).warn('card 1234', { card: '1234', user: 'ann' })
  logger(combine(secret(), json())).info('nobody is to know', { private: true })
  logger(combine(colorize({ all: true }), json())).info('painted')
  logger(json()).info({ message: { cups: 2 } })
  logger(combine(errors({ stack: true }), json())).error(failure())
  logger(combine(errors({ stack: true }), json())).error('failed:', failure())
  logger(json()).error('failed', { err: failure(), cups: 3 })
  logger(combine(secret(), json())).error(Object.assign(failure(), { message: 'card 1234' }))
  winston.createLogger({ format: json(), transports: [old()] }).info('to an old one')
}

/**
 * More than a stream takes at once: of the rest the format is asked when the transport goes on, which prints by
 * `console`.
 */
function logMuch() {
  const waiting = []
  class Slow extends winston.Transport {
    log(info, done) {
      console.log(info.message)
      waiting.push(done)
    }
  }
  const slow = winston.createLogger({ format: json(), transports: [new Slow()] })
  for (let i = 0; i < 50; i++) slow.info(`much ${i}`)
  return () => {
    for (let done = waiting.shift(); done !== undefined; done = waiting.shift()) done()
    if (slow.writableLength + slow.readableLength > 0) setImmediate(goOn)
  }
}

const tracer = trace.getTracer('shop')
tracer.startActiveSpan('formats', (span) => {
  log()
  span.end()
})
let goOn
tracer.startActiveSpan('much', (span) => {
  goOn = logMuch()
  span.end()
})
setImmediate(goOn)
