import type { Protocol } from '../config/config.js'
import { addCounters, type SelfCounter, tellDuration } from '../diag/counters.js'
import type { ExportStats } from './report.js'
import type { Signal } from './signal.js'

/** What an exporter with a queue tells of itself. */
export interface Counted {
  readonly stats: ExportStats
  /** Records that are being sent. */
  readonly inFlight: number
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

/** Tells of a request that has had its answer, after `millis` from the first attempt; whether all of it was kept. */
export type TellExported = (millis: number, isKept: boolean) => void

/**
 * Has the numbers of an exporter be read by the names of the semantic conventions, for as long as the process lives.
 * `capacity` is how many records may wait; undefined where bytes are the bound.
 */
export function countExporter(
  exporter: Counted,
  { name }: Signal,
  protocol: Protocol,
  capacity: number | undefined,
): TellExported {
  const ofExporter = component(`otlp_${PROTOCOLS[protocol]}_${EXPORTED[name]}_exporter`)
  const rejected = { ...ofExporter, 'error.type': 'rejected' }
  const add = (rest: string, isMonotonic: boolean, attributes: SelfCounter['attributes'], read: () => number) =>
    addCounters({ name: `otel.sdk.${rest}`, unit: UNITS[name], isMonotonic, attributes, read })
  add(`exporter.${name}.exported`, true, ofExporter, () => exporter.stats.exported)
  add(`exporter.${name}.exported`, true, rejected, () => exporter.stats.failed)
  add(`exporter.${name}.inflight`, false, ofExporter, () => exporter.inFlight)
  const tell: TellExported = (millis, isKept) =>
    tellDuration('otel.sdk.exporter.operation.duration', millis / 1000, isKept ? ofExporter : rejected)
  // A reader of metrics has no queue by the conventions.
  if (name === 'metric_data_point') return tell
  const processor = component(PROCESSORS[name])
  const full = { ...processor, 'error.type': 'queue_full' }
  add(`processor.${name}.processed`, true, processor, () => exporter.stats.exported + exporter.stats.failed)
  add(`processor.${name}.processed`, true, full, () => exporter.stats.dropped)
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
