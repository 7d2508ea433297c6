import { setImmediate } from 'node:timers'
import type { Config } from './config/config.js'
import { diag } from './diag/diag.js'

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

type Wanted = Pick<Config['instrumentations'], 'isEnabled' | 'layerSpans'>

/** Tells by a tracer's name whether its spans would be there twice. Those of one turn are said in one line. */
export function findDoubles({ isEnabled, layerSpans }: Wanted): (scope: string) => boolean {
  const found = new Map<string, string>()
  return (scope) => {
    const layers = SAME_LAYERS.get(scope)
    const name = SAME_SPANS.get(scope) ?? (layers !== undefined && layerSpans.has(layers) ? layers : undefined)
    if (name === undefined || !isEnabled(name)) return false
    if (found.size === 0) setImmediate(say, found)
    found.set(scope, name)
    return true
  }
}

function say(found: ReadonlyMap<string, string>): void {
  const [scopes, names] = [[...found.keys()].join(', '), [...found.values()].join()]
  diag.warn(
    `spans of ${scopes} are left out, for autospan makes the same; OTEL_NODE_DISABLED_INSTRUMENTATIONS=${names} has theirs instead`,
  )
}
