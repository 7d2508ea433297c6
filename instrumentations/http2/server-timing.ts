import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Kit } from '../../src/instrumentation/kit.js'
import { lifeOf } from '../../src/instrumentation/message.js'
import { HEADER, traceTiming } from '../../src/instrumentation/server-timing.js'
import { copyList } from './fields.js'
import type { Stream } from './streams.js'

/** Has each response tell its trace, beside what the program itself says in `server-timing`. */
export function tellTrace(prototype: Stream<ServerHttp2Stream>, kit: Kit): void {
  const place = kit.place('server-timing')
  for (const method of ['respond', 'respondWithFile', 'respondWithFD'] as const) {
    const headersAt = method === 'respond' ? 0 : 1
    kit.wrap(prototype, method, (respond) => {
      return function (this: Stream<ServerHttp2Stream>, ...args: unknown[]) {
        const life = lifeOf(this)
        if (place.on && life !== undefined) {
          try {
            const timing = traceTiming(life.context)
            if (timing !== undefined) args[headersAt] = withTiming(args[headersAt], timing)
          } catch (error) {
            place.failed(error)
          }
        }
        return respond.apply(this, args)
      }
    })
  }
}

/** A copy; what is neither names and values by turns nor an object node:http2 has to refuse itself. */
function withTiming(headers: unknown, timing: string): unknown {
  if (Array.isArray(headers)) {
    const copy = copyList(headers)
    copy.push(HEADER, timing)
    return copy
  }
  if (headers === undefined || headers === null) return { [HEADER]: timing }
  if (typeof headers !== 'object') return headers
  const given = headers as OutgoingHttpHeaders
  const name = Object.keys(given).find((name) => name.toLowerCase() === HEADER) ?? HEADER
  return { ...given, [name]: [given[name] ?? [], timing].flat().map(String) }
}
