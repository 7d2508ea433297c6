import { createRequire } from 'node:module'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import type { Kit } from '../src/instrumentation/kit.js'

const require = createRequire(import.meta.url)

/**
 * Records of pino. Every record of every logger, child loggers too, becomes text in one method of their prototype,
 * whatever takes the text: a stream, a transport in another thread, or several.
 */
export const pino: Instrumentation = {
  name: 'pino',
  about: 'trace ids in the records of pino; its records as OTLP logs, on request',
  modules: [
    {
      module: 'pino',
      versions: '>=5 <11',
      telltale: 'missing bindings for child Pino',
      patch: (exports, kit) => {
        const createLogger = exports.default ?? exports
        const prototype = prototypeOf(createLogger)
        const place = kit.place('record')
        const send = kit.logger === undefined ? undefined : createSend(kit, prototype, createLogger)
        kit.wrap(prototype, symbolOf(prototype, AS_JSON), (original) => {
          return function (...args) {
            const line = original.apply(this, args)
            send?.(this, line, args)
            if (!place.on) return line
            try {
              return kit.correlation.addToLine(line)
            } catch (error) {
              place.failed(error)
              return line
            }
          }
        })
      },
    },
  ],
}

const AS_JSON = 'pino.asJson'

/** What all loggers inherit from; since pino 6 behind an object that each has of its own. It is handed out in no other way. */
function prototypeOf(createLogger: (options: object, stream: object) => object): object {
  let prototype = createLogger({ base: null }, { write() {} })
  while (prototype !== null && typeof symbolOf(prototype, AS_JSON) === 'string')
    prototype = Object.getPrototypeOf(prototype)
  return prototype
}

/** pino's own methods have symbols for names. */
function symbolOf(prototype: object, name: string): symbol | string {
  return Object.getOwnPropertySymbols(prototype).find(({ description }) => description === name) ?? name
}

interface PinoLogger {
  readonly levels: { readonly labels: Readonly<Record<number, string>> }
  readonly [symbol: symbol]: unknown
}

interface Pino {
  readonly symbols: {
    readonly messageKeySym: symbol
    /** Not in versions that know errors as `err` only. */
    readonly errorKeySym?: symbol
  }
  /** What `v` is in each line, in versions that write it. */
  readonly LOG_VERSION?: number
}

/** Sends the record that a line is, as serializers and redaction have left it, but for what the resource has of it. */
function createSend(kit: Kit, prototype: object, { symbols: { messageKeySym, errorKeySym }, LOG_VERSION }: Pino) {
  const { markWriting, numberedSeverity, ownFields, processFields, recordAttributes } =
    require('../src/instrumentation/log-records.js') as typeof import('../src/instrumentation/log-records.js')
  const written = { ...processFields(), v: LOG_VERSION }
  markWriting(kit, prototype, symbolOf(prototype, 'pino.write'))
  return guard(kit.place('send'), (logger: PinoLogger, line: string, args: unknown[]) => {
    // The level is before the time, which is last; what is before the level has changed with the versions.
    const number = args.at(-2) as number
    const messageKey = logger[messageKeySym] as string
    const errorKey = errorKeySym === undefined ? 'err' : (logger[errorKeySym] as string)
    const { level, time, [messageKey]: body, ...fields } = JSON.parse(line)
    if (time !== undefined && args.at(-1) !== `,"time":${JSON.stringify(time)}`) fields.time = time
    kit.logger?.emit({
      timestamp: kit.now(),
      severityNumber: numberedSeverity(number),
      severityText: logger.levels.labels[number] ?? String(number),
      body,
      attributes: recordAttributes(ownFields(fields, written), errorKey),
    })
  })
}
