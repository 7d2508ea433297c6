import { createRequire } from 'node:module'
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
        const { prototype } = exports.Logger ?? exports.default.Logger
        const place = kit.place('record')
        const send = kit.logger === undefined ? undefined : createSend(kit, prototype)
        kit.wrap(prototype, 'write', (write) => {
          return function (info, ...args) {
            send?.(this, info)
            let record = info
            if (place.on) {
              try {
                record = withFields(info, kit)
              } catch (error) {
                place.failed(error)
              }
            }
            return write.call(this, record, ...args)
          }
        })
      },
    },
  ],
}

/** A copy of the record with the fields: the program may use the record again, and show an error to others. */
function withFields(info: unknown, kit: Kit): unknown {
  if (typeof info !== 'object' || info === null) return info
  const fields = kit.correlation.fieldsFor(info)
  if (fields === undefined) return info
  return Object.assign(copyOf(info), fields)
}

/** Of the same kind, with all properties as values: an error's stack may be an accessor that works on the error only. */
function copyOf(info: object): object {
  const prototype = Object.getPrototypeOf(info)
  if (prototype === Object.prototype) return { ...info }
  const copy = Object.create(prototype)
  for (const key of Reflect.ownKeys(info)) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(info, key)
    const value = Reflect.get(info, key)
    Object.defineProperty(copy, key, { value, enumerable, writable: true, configurable: true })
  }
  return copy
}

interface WinstonLogger {
  readonly silent?: boolean
  /** Not in the first versions. */
  readonly isLevelEnabled?: (level: string) => boolean
}

/** Sends a record that the logger takes: it is written records of all levels. */
function createSend(kit: Kit, prototype: object) {
  const { exceptionAttributes, markWriting, namedSeverity, recordAttributes } =
    require('../src/instrumentation/log-records.js') as typeof import('../src/instrumentation/log-records.js')
  markWriting(kit, prototype, 'write')
  return guard(kit.place('send'), (logger: WinstonLogger, info: Record<string, unknown>) => {
    const { level, message, ...fields } = info
    const levelName = String(level)
    if (logger.silent === true || logger.isLevelEnabled?.(levelName) === false) return
    const exception = info instanceof Error ? exceptionAttributes(info as never) : undefined
    kit.logger?.emit({
      timestamp: performance.now(),
      severityNumber: namedSeverity(levelName),
      severityText: levelName,
      body: typeof message === 'object' ? String(message) : (message as string),
      attributes: { ...recordAttributes(fields, 'error'), ...exception } as never,
    })
  })
}
