import type { Instrumentation } from '../src/instrumentation/instrumentation.js'

/**
 * Trace ids in the records of winston. Every record of every logger, child loggers too, is written to the logger as a
 * stream: at that moment its caller's span is active, and no format has seen it.
 */
export const winston: Instrumentation = {
  name: 'winston',
  about: 'trace ids in the records of winston',
  modules: [
    {
      module: 'winston',
      versions: '>=3 <4',
      patch: (exports, kit) => {
        const { prototype } = exports.Logger ?? exports.default.Logger
        const place = kit.place('record')
        kit.wrap(prototype, 'write', (write) => {
          return function (info, ...args) {
            let record = info
            if (place.on) {
              try {
                record = withFields(info, (fieldless) => kit.correlation.fieldsFor(fieldless))
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
function withFields(info: unknown, fieldsFor: (record: object) => object | undefined): unknown {
  if (typeof info !== 'object' || info === null) return info
  const fields = fieldsFor(info)
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
