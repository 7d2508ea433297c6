import { createRequire } from 'node:module'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import type { Kit } from '../src/instrumentation/kit.js'

const require = createRequire(import.meta.url)

/** Records of bunyan, which makes an object of its own for each and hands it to one method. */
export const bunyan: Instrumentation = {
  name: 'bunyan',
  about: 'trace ids in the records of bunyan; its records as OTLP logs, on request',
  modules: [
    {
      module: 'bunyan',
      versions: '>=1 <3',
      telltale: 'options.name (string) is required',
      patch: (exports, kit) => {
        const { nameFromLevel, prototype } = exports.default ?? exports
        const addFields = guard(kit.place('record'), (record: object) => {
          Object.assign(record, kit.correlation.fieldsFor(record))
        })
        const send = kit.logger === undefined ? undefined : createSend(kit, prototype, nameFromLevel)
        kit.wrap(prototype, '_emit', (emit) => {
          return function (record, onlyText, ...args) {
            if (!onlyText) send?.(record)
            addFields(record)
            return emit.call(this, record, onlyText, ...args)
          }
        })
      },
    },
  ],
}

interface BunyanRecord {
  readonly level: number
  readonly msg: string
  /** A date, unless the program has a field of this name. */
  readonly time: unknown
  readonly [field: string]: unknown
}

/** Sends a record, but for what the resource has of it. */
function createSend(kit: Kit, prototype: object, levelNames: Readonly<Record<number, string>>) {
  const { markWriting, numberedSeverity, ownFields, processFields, recordAttributes } =
    require('../src/instrumentation/log-records.js') as typeof import('../src/instrumentation/log-records.js')
  markWriting(kit, prototype, '_emit')
  const written = processFields()
  // Whatever the program has as `v`, bunyan writes its own there.
  return guard(kit.place('send'), ({ level, msg, time, v, ...rest }: BunyanRecord) => {
    const isDate = time instanceof Date
    const fields = isDate ? rest : { ...rest, time }
    kit.logger?.emit({
      timestamp: isDate ? time : kit.now(),
      severityNumber: numberedSeverity(level),
      severityText: levelNames[level] ?? String(level),
      body: msg,
      attributes: recordAttributes(ownFields(fields, written), 'err'),
    })
  })
}
