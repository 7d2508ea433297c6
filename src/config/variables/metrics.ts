import type { ExemplarFilter } from '../../metrics/exemplars.js'
import type { TemporalityPreference } from '../../metrics/reader.js'
import type { HistogramAggregation } from '../../metrics/stream.js'
import type { MetricExporterName } from '../config.js'
import { boolean, listOf, oneOf, positive, timeout } from '../parse.js'
import type { Rows } from './variable.js'

const metricExporters = listOf<MetricExporterName>(
  ['otlp', 'otlp/stdout', 'otlp/file', 'console', 'prometheus', 'none'],
  ['logging'],
)

/** Metrics: where they go, how often and in which form. */
export const METRICS = {
  OTEL_METRICS_EXPORTER: {
    type: metricExporters,
    default: 'otlp',
    meaning: 'Where metrics go; none: there are none.',
  },
  OTEL_METRIC_EXPORT_INTERVAL: {
    type: positive,
    default: '60000',
    meaning: 'Milliseconds from one export of metrics to the next.',
  },
  OTEL_METRIC_EXPORT_TIMEOUT: {
    type: timeout,
    default: '30000',
    meaning: 'How long one export of metrics may take, and before it the callbacks that tell them.',
  },
  OTEL_METRICS_EXEMPLAR_FILTER: {
    type: oneOf<ExemplarFilter>(['trace_based', 'always_on', 'always_off']),
    default: 'trace_based',
    meaning: 'Which measurements may stand for their metric and lead to a trace; trace_based: those of sampled traces.',
  },
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: {
    type: boolean,
    default: 'false',
    meaning:
      'true: what the agent counts of itself is metrics too: spans exported, dropped; times of exports (otel.sdk.*).',
  },
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: {
    type: oneOf<TemporalityPreference>(['cumulative', 'delta', 'lowmemory']),
    default: 'cumulative',
    meaning: 'Whether sums and histograms tell what has come since the start, or since the last export.',
  },
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: {
    type: oneOf<HistogramAggregation>(['explicit_bucket_histogram', 'base2_exponential_bucket_histogram']),
    default: 'explicit_bucket_histogram',
    meaning: 'The buckets of histograms: with the boundaries that are given, or as fine as the values allow.',
  },
} as const satisfies Rows
