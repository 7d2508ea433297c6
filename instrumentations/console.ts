import { createRequire } from 'node:module'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import { SEVERITY_DEBUG, SEVERITY_ERROR, SEVERITY_INFO, SEVERITY_WARN } from '../src/instrumentation/severity.js'

const require = createRequire(import.meta.url)

/** Not `trace`, which prints the stack of its caller: a wrapper would show in it. It prints by `error`. */
const SEVERITIES = {
  debug: SEVERITY_DEBUG,
  error: SEVERITY_ERROR,
  info: SEVERITY_INFO,
  log: SEVERITY_INFO,
  warn: SEVERITY_WARN,
}

/** What the program prints by `console`, which prints it as ever. */
export const consoleMethods: Instrumentation = {
  name: 'console',
  onlySends: true,
  about: '`console.log`, `info`, `warn`, `error` and `debug` as OTLP logs, on request',
  modules: [
    {
      module: 'console',
      patch: (console, kit) => {
        const { logger } = kit
        const { format } = process.getBuiltinModule('node:util')
        if (logger === undefined) return
        const { isTrace, isWriting } =
          require('../src/instrumentation/log-records.js') as typeof import('../src/instrumentation/log-records.js')
        for (const [method, severityNumber] of Object.entries(SEVERITIES)) {
          const send = guard(kit.place(method), (args: unknown[]) => {
            if (method === 'error' && isTrace(args[0])) return
            logger.emit({
              timestamp: kit.now(),
              severityNumber,
              severityText: method,
              body: format(...args),
              attributes: {},
            })
          })
          kit.wrap(console, method, (print) => {
            return function (...args) {
              if (!isWriting()) send(args)
              return print.apply(this, args)
            }
          })
        }
      },
    },
  ],
}
