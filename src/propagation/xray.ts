import type { Context, TextMapPropagator } from '@opentelemetry/api'
import { soleValue, trimBlanks } from './header.js'
import { type Decision, spanIdOf, spanToSend, traceIdOf, withRemoteSpan } from './remote-span.js'

const HEADER = 'x-amzn-trace-id'

/** A trace id in the version that is in use: seconds since 1970, and 96 bits. */
const ROOT = /^1-([\da-f]{8})-([\da-f]{24})$/i
const PARENT = /^[\da-f]{16}$/i

/**
 * The header of AWS X-Ray: `Root=1-<8 digits>-<24 digits>;Parent=<16 digits>;Sampled=<0, 1 or ?>`, in any order. A
 * header without `Parent`, as load balancers write it, names no span to continue.
 */
export const xray: TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = spanToSend(context)
    if (span === undefined) return
    const { traceId, spanId } = span.ids
    const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`
    setter.set(carrier, HEADER, `Root=${root};Parent=${spanId};Sampled=${span.decision === 'dropped' ? 0 : 1}`)
  },

  extract(context, carrier, getter): Context {
    const header = soleValue(getter.get(carrier, HEADER))
    if (header === undefined) return context
    let traceId: string | undefined
    let spanId: string | undefined
    let decision: Decision | undefined
    for (const part of header.split(';')) {
      const equals = part.indexOf('=')
      const value = trimBlanks(part.slice(equals + 1))
      switch (trimBlanks(part.slice(0, Math.max(equals, 0))).toLowerCase()) {
        case 'root':
          traceId = traceIdOf(ROOT.exec(value)?.slice(1).join(''))
          break
        case 'parent':
          spanId = spanIdOf(PARENT.exec(value)?.[0])
          break
        case 'sampled':
          decision = value === '1' ? 'sampled' : value === '0' ? 'dropped' : undefined
      }
    }
    return withRemoteSpan(context, traceId, spanId, decision)
  },

  fields: () => [HEADER],
}
