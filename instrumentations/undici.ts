import { createRequire } from 'node:module'
import type { Instrumentation, Listeners } from '../src/instrumentation/instrumentation.js'
import type { Calls, Message } from './undici-calls.js'
import type { Undici } from './undici-pools.js'

const require = createRequire(import.meta.url)

const VERSIONS = '>=5 <9'

/**
 * fetch and undici, by the diagnostics channels that undici publishes itself: the one built into
 * Node.js and the package alike. One CLIENT span for each request on the wire, so for each redirect.
 */
export const undici: Instrumentation = {
  name: 'undici',
  about: 'requests sent by fetch and by the undici package',
  modules: [
    {
      module: 'undici',
      versions: VERSIONS,
      patch: (undici: Undici, kit) => {
        const { keepCallers } = require('./undici-pools.js') as typeof import('./undici-pools.js')
        keepCallers(undici, kit)
      },
    },
  ],
  channels: [
    {
      module: 'undici',
      versions: VERSIONS,
      begins: ['undici:request:create'],
      listeners: (kit): Listeners<Message> => {
        let calls: Calls | undefined
        const load = (): Calls => {
          const { Calls } = require('./undici-calls.js') as typeof import('./undici-calls.js')
          calls = new Calls(kit)
          return calls
        }
        return {
          'undici:request:create': ({ request }) => (calls ?? load()).begin(request),
          'undici:client:sendHeaders': ({ request, socket }) => calls?.connected(request, socket),
          'undici:request:headers': ({ request, response }) => calls?.answered(request, response),
          'undici:request:trailers': ({ request }) => calls?.ended(request),
          'undici:request:error': ({ request, error }) => calls?.failed(request, error),
        }
      },
    },
  ],
}
