import type { Protocol } from '../config/config.js'
import type { Resource } from '../resource/resource.js'
import type { SpanEncoder } from './encoder.js'
import { JsonSpanEncoder } from './spans-json.js'
import { ProtobufSpanEncoder } from './spans-protobuf.js'

/** The encoder for `OTEL_EXPORTER_OTLP_PROTOCOL`. The resource is encoded with the first batch. */
export function createSpanEncoder(protocol: Protocol, resource: Resource): SpanEncoder {
  return protocol === 'http/json' ? new JsonSpanEncoder(resource) : new ProtobufSpanEncoder(resource)
}
