import type { Protocol } from '../config/config.js'
import type { LogData } from '../logs/log-data.js'
import type { Metric } from '../metrics/metric.js'
import type { Resource } from '../resource/resource.js'
import type { SpanData } from '../trace/span.js'
import type { Encoder } from './encoder.js'
import { JsonLogEncoder } from './logs-json.js'
import { ProtobufLogEncoder } from './logs-protobuf.js'
import { JsonMetricEncoder } from './metrics-json.js'
import { ProtobufMetricEncoder } from './metrics-protobuf.js'
import { JsonSpanEncoder } from './spans-json.js'
import { ProtobufSpanEncoder } from './spans-protobuf.js'

/**
 * The encoder of spans for `OTEL_EXPORTER_OTLP_PROTOCOL`. The resource is encoded with the first batch, and anew when
 * there is more of it.
 */
export function createSpanEncoder(protocol: Protocol, resource: Resource): Encoder<SpanData> {
  return protocol === 'http/json' ? new JsonSpanEncoder(resource) : new ProtobufSpanEncoder(resource)
}

/** The same for log records. */
export function createLogEncoder(protocol: Protocol, resource: Resource): Encoder<LogData> {
  return protocol === 'http/json' ? new JsonLogEncoder(resource) : new ProtobufLogEncoder(resource)
}

/** The same for metrics. */
export function createMetricEncoder(protocol: Protocol, resource: Resource): Encoder<Metric> {
  return protocol === 'http/json' ? new JsonMetricEncoder(resource) : new ProtobufMetricEncoder(resource)
}
