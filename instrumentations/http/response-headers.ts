import type { OutgoingHttpHeader, ServerResponse } from 'node:http'
import type { HeaderValue } from '../../src/instrumentation/http-rules.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { lifeOf, type Message } from '../../src/instrumentation/message.js'
import { ServedRequest } from '../../src/instrumentation/served.js'

/** The headers as `_storeHeader` gets them: the response's own table, an object, or names and values in a list. */
type StoredHeaders = Record<string, OutgoingHttpHeader> | OutgoingHttpHeader[] | [string, OutgoingHttpHeader][] | null

/** Puts the headers of responses that the user wants captured on the spans of their requests. */
export function captureResponses(response: Message, kit: Kit): void {
  const { http } = kit
  if (http === undefined || http.server.response.length === 0) return
  const place = kit.place('response headers')
  kit.wrap(response, '_storeHeader', (storeHeader) => {
    return function (this: ServerResponse & Message, firstLine: unknown, headers: StoredHeaders) {
      const life = lifeOf(this)
      if (place.on && life instanceof ServedRequest) {
        try {
          http.captureResponse(life.span, http.server.response, (name) => headerOf(this, headers, name))
        } catch (error) {
          place.failed(error)
        }
      }
      return storeHeader.call(this, firstLine, headers)
    }
  })

  function headerOf(response: ServerResponse, headers: StoredHeaders, name: string): HeaderValue {
    const own = response.getHeader(name)
    if (own !== undefined || headers === null || headers === undefined) return own
    if (!Array.isArray(headers)) {
      const key = Object.keys(headers).find((key) => key.toLowerCase() === name)
      return key === undefined ? undefined : headers[key]
    }
    const flat = headers.flat() as OutgoingHttpHeader[]
    const values: string[] = []
    for (let i = 0; i + 1 < flat.length; i += 2) {
      if (String(flat[i]).toLowerCase() === name) values.push(String(flat[i + 1]))
    }
    return values.length === 0 ? undefined : values
  }
}
