import type { ClientRequest } from 'node:http'
import { createRequire } from 'node:module'
import type { Kit } from '../../src/instrumentation/kit.js'
import { lifeOf, type Message } from '../../src/instrumentation/message.js'
import { keepContext } from './message.js'
import type { Begin, StoredHeaders } from './sending.js'

const require = createRequire(import.meta.url)

/**
 * One CLIENT span for each request sent. It starts when the head is about to be written, which is
 * the one moment at which node:http has all headers and has sent none, whoever made the request and
 * however: `request`, `get`, `new ClientRequest`, headers as an object or as a list.
 */
export function traceClients(prototype: ClientRequest & Message, kit: Kit): void {
  keepContext(prototype, kit)
  const place = kit.place('client', { part: 'client' })
  let begin: Begin | undefined
  const load = (): Begin => {
    const { createSending } = require('./sending.js') as typeof import('./sending.js')
    begin = createSending(kit)
    return begin
  }
  kit.wrap(prototype, '_storeHeader', (storeHeader) => {
    return function (this: ClientRequest & Message, firstLine: string, headers: StoredHeaders) {
      let stored = headers
      if (place.on && lifeOf(this) === undefined && !kit.isSuppressed()) {
        try {
          stored = (begin ?? load())(this, headers)
        } catch (error) {
          place.failed(error)
        }
      }
      return storeHeader.call(this, firstLine, stored)
    }
  })
}
