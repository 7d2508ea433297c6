import { createRequire } from 'node:module'
import type { Context } from '@opentelemetry/api'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import type { Kit } from '../src/instrumentation/kit.js'

const require = createRequire(import.meta.url)

/**
 * Records of winston. Every record of every logger, child loggers too, is written to the logger as a stream: at that
 * moment its caller's span is active, and no format has seen it.
 */
export const winston: Instrumentation = {
  name: 'winston',
  about: 'trace ids in the records of winston; its records as OTLP logs, on request',
  modules: [
    {
      module: 'winston',
      versions: '>=3 <4',
      telltale: '[winston] Attempt to write logs with no transports',
      patch: (exports, kit) => {
        const library: Winston = exports.createLogger === undefined ? exports.default : exports
        const prototype = prototypeOf(library)
        const place = kit.place('record')
        const loans = new WeakMap<object, Loan>()
        const written =
          kit.logger === undefined ? undefined : sendFormatted(kit, prototype, library.Transport?.prototype)
        kit.wrap(prototype, 'write', (write) => {
          return function (info, ...args) {
            let record = info
            if (place.on) {
              try {
                record = withFields(info, kit, loans)
              } catch (error) {
                place.failed(error)
              }
            }
            written?.(info, record, record !== info || loans.has(info as object))
            return write.call(this, record, ...args)
          }
        })
        const give = guard(place, (loan: Loan) => loan.give())
        const takeBack = guard(place, (loan: Loan) => loan.takeBack())
        kit.wrap(prototype, '_transform', (transform) => {
          return function (record, ...args) {
            const loan = loans.get(record as object)
            if (loan === undefined) return transform.call(this, record, ...args)
            loans.delete(record as object)
            give(loan)
            try {
              return transform.call(this, record, ...args)
            } finally {
              takeBack(loan)
            }
          }
        })
      },
    },
  ],
}

interface Winston {
  readonly Logger?: { readonly prototype: object }
  /** What transports inherit from. */
  readonly Transport?: { readonly prototype: object }
  createLogger(options: object): object
}

/** The class is exported since 3.4; each logger has one of its own before it. */
function prototypeOf({ Logger, createLogger }: Winston): object {
  return Logger?.prototype ?? Object.getPrototypeOf(Object.getPrototypeOf(createLogger({ silent: true })))
}

/**
 * A copy of the record with the fields, for the program may use the record again. What is of a class has to be itself, as
 * an error whose message is an accessor, or whose methods need private fields: it is lent the fields while it is formatted.
 */
function withFields(info: unknown, kit: Kit, loans: WeakMap<object, Loan>): unknown {
  if (typeof info !== 'object' || info === null) return info
  const fields = kit.correlation.fieldsFor(info)
  if (fields === undefined) return info
  if (Object.getPrototypeOf(info) === Object.prototype) return { ...info, ...fields }
  loans.set(info, new Loan(info, fields))
  return info
}

/** Properties that an object has for a while. */
class Loan {
  readonly #object: object
  readonly #properties: Readonly<Record<string, string>>
  /** What was there before, undefined where there was nothing. */
  readonly #before = new Map<string, PropertyDescriptor | undefined>()

  constructor(object: object, properties: Readonly<Record<string, string>>) {
    this.#object = object
    this.#properties = properties
  }

  /** As far as the object takes them: it may be frozen. */
  give(): void {
    for (const [name, value] of Object.entries(this.#properties)) {
      this.#before.set(name, Reflect.getOwnPropertyDescriptor(this.#object, name))
      Reflect.defineProperty(this.#object, name, { value, writable: true, enumerable: true, configurable: true })
    }
  }

  takeBack(): void {
    for (const [name, before] of this.#before) {
      if (before === undefined) Reflect.deleteProperty(this.#object, name)
      else Reflect.defineProperty(this.#object, name, before)
    }
  }
}

interface WinstonLogger {
  /** Not in the first versions. */
  readonly isLevelEnabled?: (level: string) => boolean
  readonly level: string
  /** Numbers of levels, the smaller the more important. */
  readonly levels: Readonly<Record<string, number>>
}

/** What winston and its formats call level and arguments; formats may paint the fields of these names. */
const LEVEL = Symbol.for('level')
const SPLAT = Symbol.for('splat')

type Info = Readonly<Record<string | symbol, unknown>>

/** A record on its way to the logger's format, which may be asked later. */
interface Written {
  readonly context: Context
  /** On the monotonic clock. */
  readonly timestamp: number
  readonly error: Error | undefined
  /** Has fields that the agent has put in. */
  readonly hasIds: boolean
}

/**
 * Sends what the logger's format has made of a record: with its arguments in the message, without what it redacts, and not at
 * all where it says no. Written are records of all levels.
 */
function sendFormatted(
  kit: Kit,
  prototype: object,
  transport: object | undefined,
): (info: unknown, record: unknown, hasIds: boolean) => void {
  const { exceptionAttributes, jsonValue, markWriting, namedSeverity, recordAttributes } =
    require('../src/instrumentation/log-records.js') as typeof import('../src/instrumentation/log-records.js')
  markWriting(kit, prototype, 'write')
  // A transport that was busy gets its records later, and out of the logger's buffer.
  if (transport !== undefined) for (const method of ['_write', '_writev']) markWriting(kit, transport, method)
  const { stripVTControlCharacters } = process.getBuiltinModule('node:util')
  const waiting = new WeakMap<object, Written>()
  let underWay: Written | undefined

  const send = guard(kit.place('send'), (logger: WinstonLogger, formatted: unknown, written: Written) => {
    if (typeof formatted !== 'object' || formatted === null) return
    const { level, message, stack, ...fields } = formatted as Record<string, unknown>
    const levelName = String((formatted as Info)[LEVEL] ?? level)
    if (!isEnabled(logger, levelName)) return
    if (written.hasIds) for (const name of kit.correlation.fieldNames) delete fields[name]
    const { error, context, timestamp } = written
    const exception = error === undefined || !tells(message, error) ? { stack } : exceptionAttributes(error as never)
    kit.logger?.emit({
      context,
      timestamp,
      severityNumber: namedSeverity(levelName),
      severityText: levelName,
      body: (typeof message === 'string' ? stripVTControlCharacters(message) : jsonValue(message)) as never,
      attributes: { ...recordAttributes(fields, 'error', 'err'), ...exception } as never,
    })
  })
  kit.wrap(prototype, '_transform', (transform) => {
    return function (record, ...args) {
      const before = underWay
      underWay = typeof record === 'object' && record !== null ? waiting.get(record) : undefined
      try {
        return transform.call(this, record, ...args)
      } finally {
        underWay = before
      }
    }
  })
  kit.wrap(prototype, 'push', (push) => {
    return function (formatted, ...args) {
      const written = underWay
      underWay = undefined
      if (written !== undefined) send(this, formatted, written)
      return push.call(this, formatted, ...args)
    }
  })
  return guard(kit.place('send'), (info, record, hasIds) => {
    if (typeof info !== 'object' || info === null) return
    waiting.set(record as object, {
      context: kit.active(),
      timestamp: kit.now(),
      error: errorIn(info as Info),
      hasIds,
    })
  })
}

function isEnabled(logger: WinstonLogger, level: string): boolean {
  if (logger.isLevelEnabled !== undefined) return logger.isLevelEnabled(level)
  const { [level]: number = 0, [logger.level]: most = number } = logger.levels
  return number <= most
}

/** The record itself, or an argument that winston has made fields of. */
function errorIn(info: Info): Error | undefined {
  if (info instanceof Error) return info
  const { [SPLAT]: given } = info
  return Array.isArray(given) ? given.find((argument) => argument instanceof Error) : undefined
}

/** A format that has taken the error's message out does not want it to be known. */
function tells(message: unknown, error: Error): boolean {
  return String(message).includes(error.message)
}
