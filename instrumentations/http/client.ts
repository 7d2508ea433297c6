import type { ClientRequest } from 'node:http'
import { createRequire } from 'node:module'
import { guard } from '../../src/instrumentation/guard.js'
import { keepContext } from '../../src/instrumentation/keep-context.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { lifeOf, type Message, type MessageLife } from '../../src/instrumentation/message.js'

import type { Sending, StoredHeaders } from './sending.js'

const require = createRequire(import.meta.url)

/**
 * One CLIENT span for each request sent. It starts when the head is about to be written, which is
 * the one moment at which node:http has all headers and has sent none, whoever made the request and
 * however: `request`, `get`, `new ClientRequest`, headers as an object or as a list.
 */
export function traceClients(prototype: ClientRequest & Message, kit: Kit): void {
  const place = kit.place('client', { part: 'client' })
  // The error is thrown where the program sends, so there is no event of it.
  const noteRefusal = guard(kit.place('client', { always: true }), (request: Message, error: unknown) => {
    lifeOf(request)?.before('error', request, error)
  })
  let sending: Sending | undefined
  const load = (): Sending => {
    const { createSending } = require('./sending.js') as typeof import('./sending.js')
    sending = createSending(kit)
    return sending
  }
  keepContext(prototype, kit, expect)
  kit.wrap(prototype, '_storeHeader', (storeHeader) => {
    return function (this: ClientRequest & Message, firstLine: string, headers: StoredHeaders) {
      let stored = headers
      if (place.on && lifeOf(this)?.isUnsent !== false && isMade(this) && !kit.isSuppressed()) {
        try {
          stored = (sending ?? load()).begin(this, headers)
        } catch (error) {
          place.failed(error)
        }
      }
      try {
        return storeHeader.call(this, firstLine, stored)
      } catch (error) {
        noteRefusal(this, error)
        throw error
      }
    }
  })

  /** By the time that it has a connection, or cannot have one, most requests have been told by their heads. */
  function expect(request: ClientRequest & Message, event: string): MessageLife | undefined {
    if (event !== 'socket' && event !== 'error') return undefined
    if (!place.on || request.headersSent || !isMade(request) || kit.isSuppressed()) return undefined
    return (sending ?? load()).expect(request)
  }
}

/** Libraries that mock requests, as nock, derive theirs without the constructor of node:http: those go to no host. */
function isMade({ host }: Partial<ClientRequest>): boolean {
  return host !== undefined
}
