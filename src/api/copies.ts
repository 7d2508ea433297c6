import { diag } from '../diag/diag.js'
import type { Instrumentation } from '../instrumentation/instrumentation.js'
import { adoptApiVersion, isPublished } from './registry.js'

const SECOND_SDK =
  'the program has registered an OpenTelemetry SDK after autospan: spans that are made through the API go where those of autospan go, and none to that SDK; one of the two is enough'

/** Follows the copies of the API that the program loads; no library, and never switched off. */
export const API: Instrumentation = {
  name: 'api',
  about: 'the OpenTelemetry API as the program uses it',
  modules: [
    {
      module: '@opentelemetry/api',
      patch({ trace }, kit, version) {
        adoptApiVersion(version ?? '')
        // The API refuses a second provider, and tells nobody.
        kit.wrap(trace, 'setGlobalTracerProvider', (set) => {
          return function (this: unknown, ...args: unknown[]) {
            const isSet = set.apply(this, args)
            if (isSet === false && isPublished()) diag.warnOnce('second SDK', SECOND_SDK)
            return isSet
          }
        })
      },
    },
  ],
}
