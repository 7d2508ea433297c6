import type { Config, LogSource } from './config/config.js'
import { setImmediate } from './context/timers.js'
import { diag } from './diag/diag.js'
import type { IsDouble } from './trace/silent.js'

/** Packages that make the same spans as an instrumentation of ours, and the same metrics, by their scope. */
const SAME_SPANS: ReadonlyMap<string, string> = new Map([
  ['@opentelemetry/instrumentation-http', 'http'],
  // As it is in @sentry/node 9.
  ['@opentelemetry_sentry-patched/instrumentation-http', 'http'],
  ['@opentelemetry/instrumentation-grpc', 'grpc'],
  ['@opentelemetry/instrumentation-undici', 'undici'],
  ['@opentelemetry/instrumentation-pg', 'pg'],
])

/** Those whose metrics are the same. */
const SAME_METRICS: ReadonlyMap<string, string> = new Map([
  ...SAME_SPANS,
  ['@opentelemetry/instrumentation-runtime-node', 'runtime-node'],
])

/** Packages that send the same log records as a source of ours, by the scope of these. */
const SAME_RECORDS: ReadonlyMap<string, LogSource> = new Map([
  ['@opentelemetry/instrumentation-bunyan', 'bunyan'],
  ['@opentelemetry/instrumentation-pino', 'pino'],
  ['@opentelemetry/winston-transport', 'winston'],
])

/** The same of those whose spans are layers of a request, of which ours makes spans on request only. */
const SAME_LAYERS: ReadonlyMap<string, string> = new Map([['@opentelemetry/instrumentation-express', 'express']])

/** Spans of one scope, of which some are the same. */
interface Mixed {
  /** Tells them apart: one of those that a span has from its start on. */
  readonly attribute: string
  /** Instrumentations of ours by its values. */
  readonly names: ReadonlyMap<unknown, string>
}

/** Packages that have spans of all kinds under one scope. */
const MIXED_SPANS: ReadonlyMap<string, Mixed> = new Map([
  [
    '@sentry/node',
    {
      attribute: 'sentry.origin',
      names: new Map([
        ['auto.http.otel.http', 'http'],
        ['auto.http.client', 'http'],
        ['auto.http.otel.node_fetch', 'undici'],
        ['auto.db.otel.postgres', 'pg'],
      ]),
    },
  ],
  [
    '@vercel/otel/fetch',
    {
      attribute: 'http.client.name',
      names: new Map([
        ['fetch', 'undici'],
        ['http', 'http'],
      ]),
    },
  ],
])

type Wanted = Pick<Config['instrumentations'], 'isEnabled' | 'layerSpans'>

export interface Doubles {
  /** Which spans of a tracer of this name would be there twice; undefined for none. */
  spansOf(scope: string): IsDouble | undefined
  /** Whether metrics of a meter of this name would be. */
  areMetrics(scope: string): boolean
  /** Whether log records of a logger of this name would be. */
  areRecords(scope: string): boolean
}

type Signal = 'spans' | 'metrics' | 'log records'

/** What was found, and the names of ours that make the same. */
interface Found {
  readonly what: Set<Signal>
  readonly scopes: Map<string, readonly string[]>
}

/** Tells what is made by others, too. What is found in one turn is said in one line. */
export function findDoubles({ isEnabled, layerSpans }: Wanted, sources: Config['logs']['sources']): Doubles {
  const found: Found = { what: new Set(), scopes: new Map() }
  const tell = (what: Signal, scope: string, names: readonly string[]): void => {
    found.what.add(what)
    if (found.scopes.has(scope)) return
    if (found.scopes.size === 0) setImmediate(say, found)
    found.scopes.set(scope, names)
  }
  return {
    spansOf(scope) {
      const mixed = MIXED_SPANS.get(scope)
      if (mixed !== undefined) {
        return (attributes) => {
          const name = mixed.names.get(attributes?.[mixed.attribute])
          if (name === undefined || !isEnabled(name)) return false
          tell('spans', scope, [...new Set(mixed.names.values())].filter(isEnabled))
          return true
        }
      }
      const layers = SAME_LAYERS.get(scope)
      const name = SAME_SPANS.get(scope) ?? (layers !== undefined && layerSpans.has(layers) ? layers : undefined)
      if (name === undefined || !isEnabled(name)) return undefined
      tell('spans', scope, [name])
      return () => true
    },
    areMetrics(scope) {
      const name = SAME_METRICS.get(scope)
      if (name === undefined || !isEnabled(name)) return false
      tell('metrics', scope, [name])
      return true
    },
    areRecords(scope) {
      const name = SAME_RECORDS.get(scope)
      if (name === undefined || !isEnabled(name) || !sources.has(name)) return false
      tell('log records', scope, [name])
      return true
    },
  }
}

function say({ what, scopes }: Found): void {
  const names = [...new Set([...scopes.values()].flat())].join()
  diag.warn(
    `${[...what].join(' and ')} of ${[...scopes.keys()].join(', ')} are left out, for autospan makes the same; OTEL_NODE_DISABLED_INSTRUMENTATIONS=${names} has theirs instead`,
  )
}
