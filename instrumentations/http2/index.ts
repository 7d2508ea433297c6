import type { Instrumentation } from '../../src/instrumentation/instrumentation.js'
import { watch } from './watch.js'

/** node:http2, but for what goes by it as gRPC. */
export const http2: Instrumentation = {
  name: 'http2',
  about: 'requests served and sent by node:http2',
  modules: [{ module: 'http2', patch: (http2, kit) => watch(http2, 'http', kit) }],
}
