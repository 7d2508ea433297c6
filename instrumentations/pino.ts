import type { Instrumentation } from '../src/instrumentation/instrumentation.js'

/**
 * Trace ids in the records of pino. Every record of every logger, child loggers too, becomes text in one method of
 * their prototype, whatever takes the text: a stream, a transport in another thread, or several.
 */
export const pino: Instrumentation = {
  name: 'pino',
  about: 'trace ids in the records of pino',
  modules: [
    {
      module: 'pino',
      versions: '>=5 <11',
      patch: (exports, kit) => {
        const prototype = prototypeOf(exports.default ?? exports)
        const asJson = Object.getOwnPropertySymbols(prototype).find(({ description }) => description === 'pino.asJson')
        const place = kit.place('record')
        kit.wrap(prototype, asJson ?? 'pino.asJson', (original) => {
          return function (...args) {
            const line = original.apply(this, args)
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

/** What all loggers inherit from, behind an object that each has of its own. pino hands it out in no other way. */
function prototypeOf(createLogger: (options: object, stream: object) => object): object {
  const logger = createLogger({ base: null }, { write() {} })
  return Object.getPrototypeOf(Object.getPrototypeOf(logger))
}
