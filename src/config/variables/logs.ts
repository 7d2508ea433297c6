import type { ExceptionSignal, LogSource } from '../config.js'
import { listOf, oneOf, text } from '../parse.js'
import { exporters } from './exporters.js'
import type { Rows } from './variable.js'

/** Log records: where they come from, go to, and which fields join them to spans. */
export const LOGS = {
  OTEL_LOGS_EXPORTER: {
    type: exporters,
    default: 'otlp',
    meaning: 'Where log records go: those of the logs API, and of the libraries in AUTOSPAN_LOG_SOURCES.',
  },
  AUTOSPAN_LOG_SOURCES: {
    type: listOf<LogSource | 'none'>(['pino', 'winston', 'bunyan', 'console', 'none']),
    default: 'none',
    meaning: 'What is sent by OTEL_LOGS_EXPORTER besides being written as ever: records of these libraries.',
  },
  OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: {
    type: oneOf<ExceptionSignal>(['logs', 'logs/dup']),
    meaning: 'logs: exceptions are log records and no longer events of spans; logs/dup: both.',
  },
  OTEL_INSTRUMENTATION_COMMON_LOGGING_TRACE_ID: {
    type: text,
    default: 'trace_id',
    meaning: "The field of a log record that tells its span's trace.",
  },
  OTEL_INSTRUMENTATION_COMMON_LOGGING_SPAN_ID: {
    type: text,
    default: 'span_id',
    meaning: 'The field of a log record that tells its span.',
  },
  OTEL_INSTRUMENTATION_COMMON_LOGGING_TRACE_FLAGS: {
    type: text,
    default: 'trace_flags',
    meaning: 'The field of a log record that tells whether its trace is sampled: 01 or 03, or else 00 or 02.',
  },
} as const satisfies Rows
