// Logs what cannot be copied, in every format that looks at it closely: errors of fetch, with accessors that know their
// own object only, of classes with private fields, and what has no class. Tells what is left on them.
const { inspect, types } = require('node:util')
const winston = require('winston')
const { serve } = require('./serve.cjs')

class Hidden extends Error {
  #code = 7

  get code() {
    return this.#code
  }

  toJSON() {
    return { ...this, message: this.message, code: this.#code }
  }
}

const { combine, errors, json, printf, simple } = winston.format
const formats = {
  simple: simple(),
  json: json(),
  errors: combine(errors({ stack: false }), json()),
  text: printf(({ level, message }) => `${level} ${message}`),
  native: printf((info) => `${types.isNativeError(info)} ${inspect(info).split('\n')[0]}`),
}
const failures = [
  new DOMException('too late', 'TimeoutError'),
  new Hidden('hidden', { cause: new Error('root') }),
  Object.assign(Object.create(null), { level: 'error', message: 'of no class' }),
]
/** At the end of a line of `simple`, and within JSON. */
const ALL_IDS = / \{"span_id".*$/
const IDS = /,"(?:trace|span)_\w+":"\w+"/g
const loggers = Object.entries(formats).map(([name, format]) =>
  winston.createLogger({
    format: combine(
      format,
      printf(({ trace_id, span_id, trace_flags, ...info }) => {
        const line = info[Symbol.for('message')].replace(ALL_IDS, '').replace(IDS, '')
        return JSON.stringify({ name, line, trace_id, span_id, trace_flags })
      }),
    ),
    transports: [new winston.transports.Console()],
  }),
)

serve(() => {
  for (const logger of loggers) {
    for (const failure of failures) {
      try {
        logger.error(failure)
      } catch (error) {
        console.log(JSON.stringify({ threw: error.message }))
      }
    }
  }
  // winston itself puts a level on each, and what its formats make of it.
  const left = failures.flatMap((failure) => Object.keys(failure)).filter((key) => /trace|span/.test(key))
  console.log(JSON.stringify({ left }))
})
