import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'

/** Trace ids in the records of bunyan, which makes an object of its own for each and hands it to one method. */
export const bunyan: Instrumentation = {
  name: 'bunyan',
  about: 'trace ids in the records of bunyan',
  modules: [
    {
      module: 'bunyan',
      versions: '>=1 <3',
      patch: (exports, kit) => {
        const { prototype } = exports.default ?? exports
        const addFields = guard(kit.place('record'), (record: object) => {
          Object.assign(record, kit.correlation.fieldsFor(record))
        })
        kit.wrap(prototype, '_emit', (emit) => {
          return function (record, ...args) {
            addFields(record)
            return emit.call(this, record, ...args)
          }
        })
      },
    },
  ],
}
