import type { ExporterName } from '../config.js'
import { integer, listOf, text } from '../parse.js'
import type { Rows } from './variable.js'

/** Of spans and of log records. */
export const exporters = listOf<ExporterName>(
  ['otlp', 'otlp/stdout', 'otlp/file', 'console', 'none'],
  ['zipkin', 'jaeger', 'logging'],
)

/** Of exporters other than OTLP over the network. */
export const EXPORTERS = {
  OTEL_EXPORTER_PROMETHEUS_HOST: {
    type: text,
    default: 'localhost',
    meaning: 'The address on which OTEL_METRICS_EXPORTER=prometheus listens.',
  },
  OTEL_EXPORTER_PROMETHEUS_PORT: {
    type: integer(0, 65_535),
    default: '9464',
    meaning: 'The port on which OTEL_METRICS_EXPORTER=prometheus listens; 0 for a free one.',
  },
  AUTOSPAN_TRACES_FILE: {
    type: text,
    default: 'traces.jsonl',
    meaning: 'The file to which the exporter otlp/file appends spans, as OTLP/JSON, one request a line.',
  },
  AUTOSPAN_METRICS_FILE: {
    type: text,
    default: 'metrics.jsonl',
    meaning: 'The file to which the exporter otlp/file appends metrics, as OTLP/JSON, one collection a line.',
  },
  AUTOSPAN_LOGS_FILE: {
    type: text,
    default: 'logs.jsonl',
    meaning: 'The file to which the exporter otlp/file appends log records, as OTLP/JSON, one request a line.',
  },
} as const satisfies Rows
