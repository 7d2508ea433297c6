import type { OutgoingHttpHeader, ServerResponse } from 'node:http'
import type { Kit } from '../../src/instrumentation/kit.js'
import { lifeOf, type Message } from '../../src/instrumentation/message.js'
import { HEADER, traceTiming } from '../../src/instrumentation/server-timing.js'

/** The headers as `_storeHeader` gets them: the response's own table, an object, or names and values in a list. */
type StoredHeaders = Record<string, OutgoingHttpHeader> | OutgoingHttpHeader[] | [string, OutgoingHttpHeader][] | null

/** Has each response tell its trace, beside what the program itself says in `server-timing`. */
export function tellTrace(response: Message, kit: Kit): void {
  const place = kit.place('server-timing')
  kit.wrap(response, '_storeHeader', (storeHeader) => {
    return function (this: ServerResponse & Message, firstLine: unknown, headers: StoredHeaders) {
      let stored = headers
      const life = lifeOf(this)
      if (place.on && life !== undefined) {
        try {
          const timing = traceTiming(life.context)
          if (timing !== undefined) stored = withTiming(this, headers, timing)
        } catch (error) {
          place.failed(error)
        }
      }
      return storeHeader.call(this, firstLine, stored)
    }
  })
}

/** Headers of the response's own table are appended to in place; those that `writeHead` was given are copied. */
function withTiming(response: ServerResponse, headers: StoredHeaders, timing: string): StoredHeaders {
  if (Array.isArray(headers)) {
    const added = Array.isArray(headers[0]) ? [[HEADER, timing]] : [HEADER, timing]
    return [...headers, ...added] as OutgoingHttpHeader[]
  }
  if (headers === null || headers === undefined) return { [HEADER]: timing }
  if (response.getHeaderNames().length > 0) {
    response.appendHeader(HEADER, timing)
    return headers
  }
  const name = Object.keys(headers).find((name) => name.toLowerCase() === HEADER)
  if (name === undefined) return { ...headers, [HEADER]: timing }
  return { ...headers, [name]: [headers[name] ?? [], timing].flat().map(String) }
}
