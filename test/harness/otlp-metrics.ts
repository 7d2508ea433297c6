import { attributesOf, decodeMessage, filled, id, messages, present, some, time } from './otlp-decode.js'
import type { Message } from './otlp-strict.js'

export interface DecodedExemplar {
  readonly value: number
  readonly timeUnixNano: bigint
  /** Both empty where the measurement was made outside any trace. */
  readonly traceId: string
  readonly spanId: string
  readonly filteredAttributes: Record<string, unknown>
}

/** A data point; what its kind of metric does not have is left out. */
export interface DecodedPoint {
  readonly attributes: Record<string, unknown>
  /** 0 for gauges. */
  readonly startTimeUnixNano: bigint
  readonly timeUnixNano: bigint
  readonly exemplars: readonly DecodedExemplar[]
  /** Of sums and gauges. */
  readonly value?: number
  /** Of histograms, as what follows. */
  readonly count?: number
  readonly sum?: number
  readonly min?: number
  readonly max?: number
  readonly bucketCounts?: readonly number[]
  readonly explicitBounds?: readonly number[]
  /** Of exponential histograms, as what follows. */
  readonly scale?: number
  readonly zeroCount?: number
  readonly positive?: DecodedBuckets
  readonly negative?: DecodedBuckets
}

export interface DecodedBuckets {
  readonly offset: number
  readonly counts: readonly number[]
}

export interface DecodedMetric {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly data: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram'
  readonly temporality: 'delta' | 'cumulative' | undefined
  readonly isMonotonic: boolean | undefined
  /** Whether all values are ints, of sums and gauges. */
  readonly isInt: boolean
  readonly points: readonly DecodedPoint[]
  readonly scope: { readonly name: string; readonly version: string }
  readonly resource: Record<string, unknown>
}

const TEMPORALITIES = [undefined, 'delta', 'cumulative'] as const

/** Decodes an export request, and throws where it is not exactly what OTLP asks for. */
export function decodeMetrics(body: Uint8Array, contentType: string): readonly DecodedMetric[] {
  const raw = decodeMessage('ExportMetricsServiceRequest', body, contentType)
  const metrics: DecodedMetric[] = []
  for (const resourceMetrics of some(messages(raw.resourceMetrics), 'resourceMetrics')) {
    const resource = attributesOf(present(resourceMetrics.resource, 'resource'), 'resource')
    for (const scopeMetrics of some(messages(resourceMetrics.scopeMetrics), 'scopeMetrics')) {
      const { name, version } = present(scopeMetrics.scope, 'scope')
      const scope = { name: name as string, version: version as string }
      for (const metric of some(messages(scopeMetrics.metrics), 'metrics'))
        metrics.push(metricOf(metric, scope, resource))
    }
  }
  return metrics
}

function metricOf(metric: Message, scope: DecodedMetric['scope'], resource: Record<string, unknown>): DecodedMetric {
  const name = filled(metric.name, 'metric.name')
  const data = metric.data as DecodedMetric['data'] | 'summary' | undefined
  if (data === undefined || data === 'summary') throw new Error(`${name}: ${data ?? 'no'} data`)
  const { dataPoints, aggregationTemporality, isMonotonic } = present(metric[data], name)
  const temporality = TEMPORALITIES[(aggregationTemporality as number | undefined) ?? 0]
  if ((data === 'gauge') !== (temporality === undefined)) throw new Error(`${name}: temporality ${temporality}`)
  const points = some(messages(dataPoints), `${name}: dataPoints`)
  const isInt = points.some(({ value }) => value === 'asInt')
  const decoded = points.map((point) => pointOf(point, data, name))
  const keys = decoded.map(({ attributes }) => JSON.stringify(Object.entries(attributes).sort()))
  if (new Set(keys).size !== keys.length) throw new Error(`${name}: two points with the same attributes`)
  return {
    name,
    description: metric.description as string,
    unit: metric.unit as string,
    data,
    temporality,
    isMonotonic: isMonotonic as boolean | undefined,
    isInt,
    points: decoded,
    scope,
    resource,
  }
}

function pointOf(point: Message, data: DecodedMetric['data'], name: string): DecodedPoint {
  const timeUnixNano = time(point.timeUnixNano, `${name}: timeUnixNano`)
  const startTimeUnixNano = data === 'gauge' ? 0n : time(point.startTimeUnixNano, `${name}: startTimeUnixNano`)
  if (timeUnixNano < startTimeUnixNano) throw new Error(`${name}: ends before it starts`)
  if (point.flags !== 0) throw new Error(`${name}: flags ${point.flags}`)
  return {
    attributes: attributesOf(point, name),
    startTimeUnixNano,
    timeUnixNano,
    exemplars: messages(point.exemplars).map((exemplar) => exemplarOf(exemplar, timeUnixNano, name)),
    ...(data === 'gauge' || data === 'sum' ? { value: numberOf(point, name) } : totalsOf(point, name)),
    ...(data === 'histogram' ? bucketsOf(point, name) : {}),
    ...(data === 'exponentialHistogram' ? exponentialOf(point, name) : {}),
  }
}

function numberOf(point: Message, name: string): number {
  const member = point.value as 'asInt' | 'asDouble' | undefined
  if (member === undefined) throw new Error(`${name}: no value`)
  return Number(point[member])
}

function totalsOf(point: Message, name: string) {
  const { sum, min, max } = point as { sum: number; min?: number; max?: number }
  const count = Number(point.count)
  if (count === 0) throw new Error(`${name}: nothing counted`)
  if (min === undefined || max === undefined) {
    if (min !== max) throw new Error(`${name}: one of minimum and maximum`)
    return { count, sum }
  }
  // A sum of doubles may be off in its last bits.
  const slack = 1e-9 * Math.abs(sum)
  if (!(min <= max && count * min <= sum + slack && sum <= count * max + slack))
    throw new Error(`${name}: ${count} values from ${min} to ${max} with the sum ${sum}`)
  return { count, sum, min, max }
}

function bucketsOf(point: Message, name: string) {
  const bucketCounts = numbers(point.bucketCounts)
  const explicitBounds = numbers(point.explicitBounds)
  if (bucketCounts.length !== explicitBounds.length + 1) throw new Error(`${name}: ${bucketCounts.length} buckets`)
  if (explicitBounds.some((bound, i) => i > 0 && !(bound > (explicitBounds[i - 1] as number))))
    throw new Error(`${name}: bounds ${explicitBounds}`)
  if (total(bucketCounts) !== Number(point.count)) throw new Error(`${name}: buckets ${bucketCounts}`)
  return { bucketCounts, explicitBounds }
}

function exponentialOf(point: Message, name: string) {
  const zeroCount = Number(point.zeroCount)
  const positive = exponentialBucketsOf(point.positive)
  const negative = exponentialBucketsOf(point.negative)
  if (total(positive.counts) + total(negative.counts) + zeroCount !== Number(point.count))
    throw new Error(`${name}: buckets ${positive.counts} and ${negative.counts}`)
  return { scale: point.scale as number, zeroCount, positive, negative }
}

function exponentialBucketsOf(buckets: unknown): DecodedBuckets {
  const { offset = 0, bucketCounts = [] } = (buckets ?? {}) as { offset?: number; bucketCounts?: unknown }
  return { offset, counts: numbers(bucketCounts) }
}

function exemplarOf(exemplar: Message, before: bigint, name: string): DecodedExemplar {
  const timeUnixNano = time(exemplar.timeUnixNano, `${name}: exemplar timeUnixNano`)
  // Times within one millisecond are from two clocks.
  if (timeUnixNano > before + 1_000_000n) throw new Error(`${name}: an exemplar of later`)
  const isTraced = (exemplar.traceId as Uint8Array).length > 0 || (exemplar.spanId as Uint8Array).length > 0
  return {
    value: numberOf(exemplar, `${name}: exemplar`),
    timeUnixNano,
    traceId: isTraced ? id(exemplar.traceId, 16, `${name}: exemplar traceId`) : '',
    spanId: isTraced ? id(exemplar.spanId, 8, `${name}: exemplar spanId`) : '',
    filteredAttributes: attributesOf({ attributes: exemplar.filteredAttributes }, `${name}: exemplar`),
  }
}

function numbers(list: unknown): readonly number[] {
  return (list as readonly unknown[]).map(Number)
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
