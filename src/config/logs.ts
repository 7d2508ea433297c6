import type { LogsConfig } from './config.js'
import { readOtlp } from './otlp.js'
import { absolutePath } from './path.js'
import type { Settings } from './settings.js'

export function readLogs(settings: Settings): LogsConfig {
  return Object.freeze({
    exporters: Object.freeze(settings.read('OTEL_LOGS_EXPORTER')),
    exceptions: settings.read('OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN'),
    sources: new Set(settings.read('AUTOSPAN_LOG_SOURCES')),
    limits: Object.freeze({
      count: settings.read('OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT'),
      valueLength: settings.read('OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? Number.POSITIVE_INFINITY,
    }),
    batch: Object.freeze({
      scheduleDelayMillis: settings.read('OTEL_BLRP_SCHEDULE_DELAY'),
      maxQueueSize: settings.read('OTEL_BLRP_MAX_QUEUE_SIZE'),
      maxExportBatchSize: settings.read('OTEL_BLRP_MAX_EXPORT_BATCH_SIZE'),
      exportTimeoutMillis: settings.read('OTEL_BLRP_EXPORT_TIMEOUT'),
    }),
    otlp: readOtlp(settings, 'logs'),
    file: absolutePath(settings.read('AUTOSPAN_LOGS_FILE')),
  })
}
