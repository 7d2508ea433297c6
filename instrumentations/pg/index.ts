import { bindCallbacksOf } from '../../src/instrumentation/call.js'
import type { Instrumentation } from '../../src/instrumentation/instrumentation.js'
import { traceClients } from './client.js'
import { tracePool } from './pool.js'

/**
 * node-postgres: one CLIENT span for each query, whoever sends it and however it ends. Connecting and
 * waiting for a connection have none: what a query has waited for is told by an attribute of its span.
 */
export const pg: Instrumentation = {
  name: 'pg',
  about: 'queries of node-postgres, by clients and pools, JavaScript and native, as cursors and streams',
  modules: [
    {
      module: 'pg',
      versions: '>=8.0.3 <9',
      telltale: 'Client has already been connected. You cannot reuse a client.',
      patch: (exports, kit) => traceClients(exports.default ?? exports, kit),
    },
    { module: 'pg-pool', versions: '>=3.1.1 <4', patch: (exports, kit) => tracePool(exports.default ?? exports, kit) },
    {
      module: 'pg-cursor',
      versions: '>=2.1.11 <3',
      patch: (exports, kit) => {
        const { prototype } = exports.default ?? exports
        bindCallbacksOf(kit, prototype, 'read')
        bindCallbacksOf(kit, prototype, 'close')
      },
    },
  ],
}
