import type { Exemplar, Reservoir } from '../metrics/exemplars.js'
import type { Buckets, ExponentialHistogramPoint } from '../metrics/exponential-histogram.js'
import type { HistogramPoint } from '../metrics/histogram.js'
import { isMonotonic } from '../metrics/instrument.js'
import type { Metric } from '../metrics/metric.js'
import type { NumberPoint } from '../metrics/points.js'
import type { Resource } from '../resource/resource.js'
import { writeAttributes } from './attributes-protobuf.js'
import { PROTOBUF, RECORD, writeNonEmpty } from './envelope-protobuf.js'
import { nearestInt64 } from './int64.js'
import { BYTES, FIXED64, type ProtobufWriter, VARINT } from './protobuf.js'
import { RecordEncoder } from './record-encoder.js'
import { UnixTime } from './unix-time.js'

/** Fields of opentelemetry/proto/metrics/v1/metrics.proto. */
const METRIC = {
  name: 8 * 1 + BYTES,
  description: 8 * 2 + BYTES,
  unit: 8 * 3 + BYTES,
  gauge: 8 * 5 + BYTES,
  sum: 8 * 7 + BYTES,
  histogram: 8 * 9 + BYTES,
  exponentialHistogram: 8 * 10 + BYTES,
}
/** Of `Gauge`, `Sum`, `Histogram` and `ExponentialHistogram`. */
const DATA = { points: 8 * 1 + BYTES, temporality: 8 * 2 + VARINT, isMonotonic: 8 * 3 + VARINT }
const NUMBER_POINT = {
  startTimeUnixNano: 8 * 2 + FIXED64,
  timeUnixNano: 8 * 3 + FIXED64,
  asDouble: 8 * 4 + FIXED64,
  exemplars: 8 * 5 + BYTES,
  asInt: 8 * 6 + FIXED64,
  attributes: 8 * 7 + BYTES,
}
const HISTOGRAM_POINT = {
  startTimeUnixNano: 8 * 2 + FIXED64,
  timeUnixNano: 8 * 3 + FIXED64,
  count: 8 * 4 + FIXED64,
  sum: 8 * 5 + FIXED64,
  bucketCounts: 8 * 6 + BYTES,
  explicitBounds: 8 * 7 + BYTES,
  exemplars: 8 * 8 + BYTES,
  attributes: 8 * 9 + BYTES,
  min: 8 * 11 + FIXED64,
  max: 8 * 12 + FIXED64,
}
const EXPONENTIAL_POINT = {
  attributes: 8 * 1 + BYTES,
  startTimeUnixNano: 8 * 2 + FIXED64,
  timeUnixNano: 8 * 3 + FIXED64,
  count: 8 * 4 + FIXED64,
  sum: 8 * 5 + FIXED64,
  scale: 8 * 6 + VARINT,
  zeroCount: 8 * 7 + FIXED64,
  positive: 8 * 8 + BYTES,
  exemplars: 8 * 11 + BYTES,
  min: 8 * 12 + FIXED64,
  max: 8 * 13 + FIXED64,
}
const BUCKETS = { offset: 8 * 1 + VARINT, bucketCounts: 8 * 2 + BYTES }
const EXEMPLAR = {
  timeUnixNano: 8 * 2 + FIXED64,
  asDouble: 8 * 3 + FIXED64,
  spanId: 8 * 4 + BYTES,
  traceId: 8 * 5 + BYTES,
  asInt: 8 * 6 + FIXED64,
  filteredAttributes: 8 * 7 + BYTES,
}

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8
/** Room for the length of a metric, right up to 2 MiB, and of a point, up to 16 KiB; larger ones are moved. */
const METRIC_LENGTH_BYTES = 3
const POINT_LENGTH_BYTES = 2

/** `ExportMetricsServiceRequest` in binary protobuf. */
export class ProtobufMetricEncoder extends RecordEncoder<Metric, ProtobufWriter> {
  readonly #start = new UnixTime()
  readonly #time = new UnixTime()

  constructor(resource: Resource) {
    super('metric', PROTOBUF, resource)
  }

  protected override write(writer: ProtobufWriter, metric: Metric): number {
    const { name, description, unit } = metric.descriptor
    this.#start.set(metric.startMillis, 0)
    this.#time.set(metric.timeMillis, 0)
    writer.tag(RECORD)
    const start = writer.open(METRIC_LENGTH_BYTES)
    writer.string(METRIC.name, name)
    writeNonEmpty(writer, METRIC.description, description)
    writeNonEmpty(writer, METRIC.unit, unit)
    this.#writeData(writer, metric)
    writer.close(start, METRIC_LENGTH_BYTES)
    return metric.points.length
  }

  #writeData(writer: ProtobufWriter, metric: Metric): void {
    writer.tag(dataTag(metric.data))
    const start = writer.open(METRIC_LENGTH_BYTES)
    switch (metric.data) {
      case 'sum':
      case 'gauge':
        for (const point of metric.points) this.#writeNumber(writer, point, metric)
        break
      case 'histogram':
        for (const point of metric.points) this.#writeHistogram(writer, point, metric.tellsMinMax)
        break
      case 'exponential_histogram':
        for (const point of metric.points) this.#writeExponential(writer, point, metric.tellsMinMax)
    }
    if (metric.data !== 'gauge') writer.uint32(DATA.temporality, metric.temporality)
    if (metric.data === 'sum') writer.bool(DATA.isMonotonic, isMonotonic(metric.descriptor.kind))
    writer.close(start, METRIC_LENGTH_BYTES)
  }

  #writeNumber(writer: ProtobufWriter, point: NumberPoint, { data, descriptor }: Metric): void {
    writer.tag(DATA.points)
    const start = writer.open(POINT_LENGTH_BYTES)
    if (data === 'sum') writer.fixed64Nanos(NUMBER_POINT.startTimeUnixNano, this.#start.seconds, this.#start.nanos)
    writer.fixed64Nanos(NUMBER_POINT.timeUnixNano, this.#time.seconds, this.#time.nanos)
    if (descriptor.isInt) writer.fixed64(NUMBER_POINT.asInt, nearestInt64(point.value))
    else writer.double(NUMBER_POINT.asDouble, point.value)
    writeAttributes(writer, NUMBER_POINT.attributes, point.attributes)
    writeExemplars(writer, NUMBER_POINT.exemplars, point.exemplars, descriptor.isInt)
    writer.close(start, POINT_LENGTH_BYTES)
  }

  #writeHistogram(writer: ProtobufWriter, point: HistogramPoint, tellsMinMax: boolean): void {
    writer.tag(DATA.points)
    const start = writer.open(POINT_LENGTH_BYTES)
    writer.fixed64Nanos(HISTOGRAM_POINT.startTimeUnixNano, this.#start.seconds, this.#start.nanos)
    writer.fixed64Nanos(HISTOGRAM_POINT.timeUnixNano, this.#time.seconds, this.#time.nanos)
    writer.fixed64(HISTOGRAM_POINT.count, point.count)
    writer.double(HISTOGRAM_POINT.sum, point.sum)
    writer.packedFixed64(HISTOGRAM_POINT.bucketCounts, point.counts)
    writer.packedDouble(HISTOGRAM_POINT.explicitBounds, point.boundaries)
    if (tellsMinMax) {
      writer.double(HISTOGRAM_POINT.min, point.min)
      writer.double(HISTOGRAM_POINT.max, point.max)
    }
    writeAttributes(writer, HISTOGRAM_POINT.attributes, point.attributes)
    writeExemplars(writer, HISTOGRAM_POINT.exemplars, point.exemplars, false)
    writer.close(start, POINT_LENGTH_BYTES)
  }

  #writeExponential(writer: ProtobufWriter, point: ExponentialHistogramPoint, tellsMinMax: boolean): void {
    writer.tag(DATA.points)
    const start = writer.open(POINT_LENGTH_BYTES)
    writer.fixed64Nanos(EXPONENTIAL_POINT.startTimeUnixNano, this.#start.seconds, this.#start.nanos)
    writer.fixed64Nanos(EXPONENTIAL_POINT.timeUnixNano, this.#time.seconds, this.#time.nanos)
    writer.fixed64(EXPONENTIAL_POINT.count, point.count)
    writer.double(EXPONENTIAL_POINT.sum, point.sum)
    writer.sint32(EXPONENTIAL_POINT.scale, point.scale)
    writer.fixed64(EXPONENTIAL_POINT.zeroCount, point.zeroCount)
    writeBuckets(writer, EXPONENTIAL_POINT.positive, point.positive)
    if (tellsMinMax) {
      writer.double(EXPONENTIAL_POINT.min, point.min)
      writer.double(EXPONENTIAL_POINT.max, point.max)
    }
    writeAttributes(writer, EXPONENTIAL_POINT.attributes, point.attributes)
    writeExemplars(writer, EXPONENTIAL_POINT.exemplars, point.exemplars, false)
    writer.close(start, POINT_LENGTH_BYTES)
  }
}

const time = new UnixTime()

function dataTag(data: Metric['data']): number {
  return data === 'exponential_histogram' ? METRIC.exponentialHistogram : METRIC[data]
}

function writeBuckets(writer: ProtobufWriter, tag: number, { offset, counts }: Buckets): void {
  if (counts.length === 0) return
  writer.tag(tag)
  const start = writer.open(POINT_LENGTH_BYTES)
  writer.sint32(BUCKETS.offset, offset)
  writer.packedUint64(BUCKETS.bucketCounts, counts)
  writer.close(start, POINT_LENGTH_BYTES)
}

function writeExemplars(writer: ProtobufWriter, tag: number, reservoir: Reservoir | undefined, isInt: boolean): void {
  if (reservoir === undefined) return
  for (const exemplar of reservoir.exemplars) {
    if (exemplar !== undefined) writeExemplar(writer, tag, exemplar, isInt)
  }
}

function writeExemplar(writer: ProtobufWriter, tag: number, exemplar: Exemplar, isInt: boolean): void {
  writer.tag(tag)
  const start = writer.open(1)
  time.set(exemplar.timeMillis, 0)
  writer.fixed64Nanos(EXEMPLAR.timeUnixNano, time.seconds, time.nanos)
  if (isInt) writer.fixed64(EXEMPLAR.asInt, nearestInt64(exemplar.value))
  else writer.double(EXEMPLAR.asDouble, exemplar.value)
  writer.hexId(EXEMPLAR.spanId, exemplar.spanId, SPAN_ID_BYTES)
  writer.hexId(EXEMPLAR.traceId, exemplar.traceId, TRACE_ID_BYTES)
  writeAttributes(writer, EXEMPLAR.filteredAttributes, exemplar.attributes)
  writer.close(start, 1)
}
