import type { Protocol } from '../config/config.js'
import { addCounters, type SelfCounter, tellDuration } from '../diag/counters.js'
import type { ExportStats } from './report.js'
import type { Signal } from './signal.js'
import { routeTo } from './transport/route.js'
import { type Answer, errorTypeOf, type TransportSettings } from './transport/transport.js'

/** What an exporter with a queue tells of itself. */
export interface Counted {
  readonly stats: ExportStats
  /** Records that are being sent, or wait to be sent again. */
  readonly inFlight: number
  /** Records that were sent in vain, by `error.type`: those that failed, and of those that were dropped some. */
  readonly failures: ReadonlyMap<string, number>
}

const UNITS: Readonly<Record<Signal['name'], string>> = {
  span: '{span}',
  log: '{log_record}',
  metric_data_point: '{data_point}',
}
const PROCESSORS = { span: 'batching_span_processor', log: 'batching_log_processor' } as const
const EXPORTED: Readonly<Record<Signal['name'], string>> = { span: 'span', log: 'log', metric_data_point: 'metric' }

/** How many there are of a type of component: their names have numbers. */
const instances = new Map<string, number>()

const PROTOCOLS: Readonly<Record<Protocol, string>> = {
  'http/protobuf': 'http',
  'http/json': 'http_json',
  grpc: 'grpc',
}

/** Tells of a request that will not be sent again, after `millis` from the first attempt; `last` is the last one's answer. */
export type TellExported = (millis: number, last: Answer) => void

/**
 * Has the numbers of an exporter be read by the names of the semantic conventions, for as long as the process lives.
 * `capacity` is how many records may wait; undefined where bytes are the bound.
 */
export function countExporter(
  exporter: Counted,
  { name }: Signal,
  settings: TransportSettings,
  capacity: number | undefined,
): TellExported {
  const { protocol } = settings
  const ofExporter = { ...component(`otlp_${PROTOCOLS[protocol]}_${EXPORTED[name]}_exporter`), ...server(settings) }
  const add = (rest: string, isMonotonic: boolean, attributes: SelfCounter['attributes'], read: () => number) =>
    addCounters({ name: `otel.sdk.${rest}`, unit: UNITS[name], isMonotonic, attributes, read })
  add(`exporter.${name}.exported`, true, ofExporter, () => exporter.stats.exported)
  add(`exporter.${name}.inflight`, false, ofExporter, () => exporter.inFlight)
  const statusName = protocol === 'grpc' ? 'rpc.status_code' : 'http.response.status_code'
  const known = new Set<string>()
  const addFailures = (error: string): SelfCounter['attributes'] => {
    const attributes = { ...ofExporter, 'error.type': error }
    if (!known.has(error)) add(`exporter.${name}.exported`, true, attributes, () => exporter.failures.get(error) ?? 0)
    known.add(error)
    return attributes
  }
  addFailures('rejected')
  const tell: TellExported = (millis, last) => {
    const error = errorTypeOf(last)
    const outcome = error === undefined ? ofExporter : addFailures(error)
    const attributes = last.status === undefined ? outcome : { ...outcome, [statusName]: last.status }
    tellDuration('otel.sdk.exporter.operation.duration', millis / 1000, attributes)
  }
  // A reader of metrics has no queue by the conventions.
  if (name === 'metric_data_point') return tell
  const processor = component(PROCESSORS[name])
  const full = { ...processor, 'error.type': 'queue_full' }
  const sentInVain = () => [...exporter.failures.values()].reduce((sum, records) => sum + records, 0)
  add(`processor.${name}.processed`, true, processor, () => exporter.stats.exported + sentInVain())
  add(`processor.${name}.processed`, true, full, () => {
    const { dropped, failed } = exporter.stats
    return dropped - (sentInVain() - failed)
  })
  add(`processor.${name}.queue.size`, false, processor, () => exporter.stats.queued - exporter.inFlight)
  if (capacity !== undefined) add(`processor.${name}.queue.capacity`, false, processor, () => capacity)
  return tell
}

/** Names a component of a type, by the number that it is. */
export function component(type: string): Readonly<Record<string, string>> {
  const number = instances.get(type) ?? 0
  instances.set(type, number + 1)
  return { 'otel.component.type': type, 'otel.component.name': `${type}/${number}` }
}

/** Where it delivers to, behind any proxy. A unix socket has no port. */
function server(settings: TransportSettings): SelfCounter['attributes'] {
  const { socketPath, host, port } = routeTo(settings)
  return socketPath === undefined ? { 'server.address': host, 'server.port': port } : { 'server.address': socketPath }
}
