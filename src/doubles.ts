import type { Config } from './config/config.js'
import { setImmediate } from './context/timers.js'
import { diag } from './diag/diag.js'
import type { IsDouble } from './trace/silent.js'

/** Packages that make the same spans as an instrumentation of ours, by the scope of their spans. */
const SAME_SPANS: ReadonlyMap<string, string> = new Map([
  ['@opentelemetry/instrumentation-http', 'http'],
  // As it is in @sentry/node 9.
  ['@opentelemetry_sentry-patched/instrumentation-http', 'http'],
  ['@opentelemetry/instrumentation-undici', 'undici'],
  ['@opentelemetry/instrumentation-pg', 'pg'],
])

/** The same of those whose spans are layers of a request, of which ours makes spans on request only. */
const SAME_LAYERS: ReadonlyMap<string, string> = new Map([['@opentelemetry/instrumentation-express', 'express']])

/** One that has its own spans and all others under one scope: those that are the same, by where they say they are from. */
const SENTRY = '@sentry/node'
const SENTRY_ORIGINS: ReadonlyMap<unknown, string> = new Map([
  ['auto.http.otel.http', 'http'],
  ['auto.http.client', 'http'],
  ['auto.http.otel.node_fetch', 'undici'],
  ['auto.db.otel.postgres', 'pg'],
])

type Wanted = Pick<Config['instrumentations'], 'isEnabled' | 'layerSpans'>

/** Tells by a tracer's name which of its spans would be there twice. Those of one turn are said in one line. */
export function findDoubles({ isEnabled, layerSpans }: Wanted): (scope: string) => IsDouble | undefined {
  const found = new Map<string, readonly string[]>()
  const tell = (scope: string, names: readonly string[]): void => {
    if (found.has(scope)) return
    if (found.size === 0) setImmediate(say, found)
    found.set(scope, names)
  }
  return (scope) => {
    if (scope === SENTRY) {
      return (attributes) => {
        const name = SENTRY_ORIGINS.get(attributes?.['sentry.origin'])
        if (name === undefined || !isEnabled(name)) return false
        tell(scope, [...new Set(SENTRY_ORIGINS.values())].filter(isEnabled))
        return true
      }
    }
    const layers = SAME_LAYERS.get(scope)
    const name = SAME_SPANS.get(scope) ?? (layers !== undefined && layerSpans.has(layers) ? layers : undefined)
    if (name === undefined || !isEnabled(name)) return undefined
    tell(scope, [name])
    return () => true
  }
}

function say(found: ReadonlyMap<string, readonly string[]>): void {
  const [scopes, names] = [[...found.keys()].join(', '), [...new Set([...found.values()].flat())].join()]
  diag.warn(
    `spans of ${scopes} are left out, for autospan makes the same; OTEL_NODE_DISABLED_INSTRUMENTATIONS=${names} has theirs instead`,
  )
}
