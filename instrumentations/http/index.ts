import type { Instrumentation } from '../../src/instrumentation/instrumentation.js'
import { keepContext } from '../../src/instrumentation/keep-context.js'
import { watch } from '../http2/watch.js'
import { traceClients } from './client.js'

import { traceServers } from './server.js'

/**
 * node:http and node:https. Only prototypes are patched, which all programs share however and
 * whenever they got hold of the module: nothing that a program imports is replaced.
 */
export const http: Instrumentation = {
  name: 'http',
  about: 'requests served and sent by node:http and node:https, and by HTTP/1 to servers of node:http2',
  modules: [
    {
      module: 'http',
      patch: (http, kit) => {
        keepContext(http.IncomingMessage.prototype, kit)
        traceServers(http.Server.prototype, http.ServerResponse.prototype, 'http', kit)
        traceClients(http.ClientRequest.prototype, kit)
      },
    },
    {
      module: 'https',
      patch: (https, kit) => {
        // Its messages are those of http, which it loads behind the back of all hooks: ask, so that they hear.
        process.getBuiltinModule('http')
        traceServers(https.Server.prototype, undefined, 'https', kit)
      },
    },
    { module: 'http2', patch: (http2, kit) => watch(http2, 'http1', kit) },
  ],
}
