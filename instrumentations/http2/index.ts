import { createRequire } from 'node:module'
import type { Instrumentation } from '../../src/instrumentation/instrumentation.js'

const require = createRequire(import.meta.url)

/** node:http2, but for what goes by it as gRPC. */
export const http2: Instrumentation = {
  name: 'http2',
  about: 'requests served and sent by node:http2',
  modules: [
    {
      module: 'http2',
      patch: (http2, kit) => {
        const { hook } = require('./hook.js') as typeof import('./hook.js')
        hook(http2, 'http', kit)
      },
    },
  ],
}
