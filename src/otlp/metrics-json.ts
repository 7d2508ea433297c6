import type { Exemplar, Reservoir } from '../metrics/exemplars.js'
import type { Buckets, ExponentialHistogramPoint } from '../metrics/exponential-histogram.js'
import type { HistogramPoint } from '../metrics/histogram.js'
import { isMonotonic } from '../metrics/instrument.js'
import type { Metric } from '../metrics/metric.js'
import type { NumberPoint, Point } from '../metrics/points.js'
import type { Resource } from '../resource/resource.js'
import { attributesJson, doubleJson, joined } from './attributes-json.js'
import type { ByteBuffer } from './bytes.js'
import { appendRecord, jsonEnvelope, member } from './envelope-json.js'
import { nearestInt64 } from './int64.js'
import { RecordEncoder } from './record-encoder.js'
import { UnixTime } from './unix-time.js'

/** `ExportMetricsServiceRequest` in OTLP/JSON. */
export class JsonMetricEncoder extends RecordEncoder<Metric, ByteBuffer> {
  constructor(resource: Resource) {
    super('metric', jsonEnvelope('Metrics', 'metrics'), resource)
  }

  protected override write(records: ByteBuffer, metric: Metric): number {
    appendRecord(records, metricJson(metric))
    return metric.points.length
  }
}

const time = new UnixTime()

function metricJson(metric: Metric): string {
  const { name, description, unit } = metric.descriptor
  const names = `"name":${JSON.stringify(name)}${member('description', description)}${member('unit', unit)}`
  return `{${names},${dataJson(metric)}}`
}

function dataJson(metric: Metric): string {
  const times = `"startTimeUnixNano":"${nanos(metric.startMillis)}","timeUnixNano":"${nanos(metric.timeMillis)}"`
  const temporality = `"aggregationTemporality":${metric.temporality}`
  const { kind, isInt } = metric.descriptor
  switch (metric.data) {
    case 'sum': {
      const points = pointsJson(metric.points, (point) => `${times},${numberJson(point, isInt)}`)
      return `"sum":{${points},${temporality},"isMonotonic":${isMonotonic(kind)}}`
    }
    case 'gauge': {
      const time = `"timeUnixNano":"${nanos(metric.timeMillis)}"`
      return `"gauge":{${pointsJson(metric.points, (point) => `${time},${numberJson(point, isInt)}`)}}`
    }
    case 'histogram': {
      const points = pointsJson(metric.points, (point) => `${times},${histogramJson(point, metric.tellsMinMax)}`)
      return `"histogram":{${points},${temporality}}`
    }
    case 'exponential_histogram': {
      const points = pointsJson(metric.points, (point) => `${times},${exponentialJson(point, metric.tellsMinMax)}`)
      return `"exponentialHistogram":{${points},${temporality}}`
    }
  }
}

function pointsJson<P extends Point>(points: readonly P[], json: (point: P) => string): string {
  let text = ''
  for (const point of points) text = joined(text, `{${json(point)},"attributes":${attributesJson(point.attributes)}}`)
  return `"dataPoints":[${text}]`
}

function numberJson({ value, exemplars }: NumberPoint, isInt: boolean): string {
  return valueJson(value, isInt) + exemplarsJson(exemplars, isInt)
}

function histogramJson(point: HistogramPoint, tellsMinMax: boolean): string {
  const { counts, boundaries, exemplars } = point
  return (
    `${totalsJson(point, tellsMinMax)},"bucketCounts":${countsJson(counts)}` +
    `,"explicitBounds":[${boundaries.map(doubleJson).join()}]${exemplarsJson(exemplars, false)}`
  )
}

function exponentialJson(point: ExponentialHistogramPoint, tellsMinMax: boolean): string {
  const { scale, zeroCount, positive, exemplars } = point
  return (
    `${totalsJson(point, tellsMinMax)},"scale":${scale},"zeroCount":"${zeroCount}"` +
    bucketsJson(positive) +
    exemplarsJson(exemplars, false)
  )
}

function totalsJson(
  { count, sum, min, max }: HistogramPoint | ExponentialHistogramPoint,
  tellsMinMax: boolean,
): string {
  const range = tellsMinMax ? `,"min":${doubleJson(min)},"max":${doubleJson(max)}` : ''
  return `"count":"${count}","sum":${doubleJson(sum)}${range}`
}

function bucketsJson({ offset, counts }: Buckets): string {
  return counts.length === 0 ? '' : `,"positive":{"offset":${offset},"bucketCounts":${countsJson(counts)}}`
}

function countsJson(counts: readonly number[]): string {
  return `[${counts.map((count) => `"${count}"`).join()}]`
}

function exemplarsJson(reservoir: Reservoir | undefined, isInt: boolean): string {
  let text = ''
  for (const exemplar of reservoir?.exemplars ?? []) {
    if (exemplar !== undefined) text = joined(text, exemplarJson(exemplar, isInt))
  }
  return text === '' ? '' : `,"exemplars":[${text}]`
}

function exemplarJson({ timeMillis, value, traceId, spanId, attributes }: Exemplar, isInt: boolean): string {
  const filtered = attributes.length === 0 ? '' : `,"filteredAttributes":${attributesJson(attributes)}`
  const ids = member('traceId', traceId) + member('spanId', spanId)
  return `{"timeUnixNano":"${nanos(timeMillis)}",${valueJson(value, isInt)}${ids}${filtered}}`
}

function valueJson(value: number, isInt: boolean): string {
  return isInt ? `"asInt":"${nearestInt64(value)}"` : `"asDouble":${doubleJson(value)}`
}

function nanos(millis: number): string {
  time.set(millis, 0)
  return String(time)
}
