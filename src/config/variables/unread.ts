/**
 * Names of the specification and of other OpenTelemetry agents that this one does not read. They are spelt well, so
 * nothing is said of them.
 */
export const UNREAD_NAMES: readonly string[] = [
  'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
  'OTEL_EXPORTER_ZIPKIN_TIMEOUT',
  'OTEL_EXPORTER_ZIPKIN_PROTOCOL',
  'OTEL_EXPORTER_JAEGER_ENDPOINT',
  'OTEL_EXPORTER_JAEGER_PROTOCOL',
  'OTEL_EXPORTER_JAEGER_TIMEOUT',
  'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
  'OTEL_FASTIFY_IGNORE_PATHS',
]
