import { LOG_LEVELS, type LogLevel } from '../diag/diag.js'
import type { ExemplarFilter } from '../metrics/exemplars.js'
import type { TemporalityPreference } from '../metrics/reader.js'
import type { HistogramAggregation } from '../metrics/store.js'
import type { CallerPolicy } from '../trace/decider.js'
import type {
  DetectorName,
  ExceptionSignal,
  ExporterName,
  LogSource,
  MetricExporterName,
  PropagatorName,
  SamplerName,
  SecretKind,
} from './config.js'
import { entities } from './entities.js'
import { patterns, texts } from './http.js'
import { OTLP_ROWS, signalRows } from './otlp-variables.js'
import { attributes } from './pairs.js'
import { boolean, duration, integer, listOf, names, oneOf, proxyUrl, type Type, text, timeout } from './parse.js'
import { keep, networks, samplerArgument, samplingRules } from './sampling.js'
import { stability } from './stability.js'

/** One environment variable: how its text is read, and what the documentation says of it. */
export interface Variable {
  readonly type: Type<unknown>
  /** The text that counts when the variable is unset or its text is refused. */
  readonly default?: string
  /** The variable that counts then, instead of a default. */
  readonly fallback?: string
  /** The variable of the same type whose value, where it is set, this one's may not exceed. */
  readonly atMost?: string
  /** One line, for the documentation. */
  readonly meaning: string
}

const exporters = listOf<ExporterName>(
  ['otlp', 'otlp/stdout', 'otlp/file', 'console', 'none'],
  ['zipkin', 'jaeger', 'logging'],
)
const metricExporters = listOf<MetricExporterName>(
  ['otlp', 'console', 'prometheus', 'none'],
  ['otlp/stdout', 'otlp/file', 'logging'],
)
const propagators = listOf<PropagatorName>([
  'tracecontext',
  'baggage',
  'b3',
  'b3multi',
  'jaeger',
  'xray',
  'ottrace',
  'none',
])
const sampler = oneOf<SamplerName>(
  [
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
    'jaeger_remote',
    'parentbased_jaeger_remote',
  ],
  ['xray'],
)
export const DETECTORS: readonly DetectorName[] = [
  'env',
  'process',
  'host',
  'os',
  'serviceinstance',
  'container',
  'k8s',
  'aws',
  'gcp',
  'azure',
]
const detectors = listOf<DetectorName | 'all' | 'none'>([...DETECTORS, 'all', 'none'], ['alibaba'])
const count = integer(0)
const positive = integer(1)

/**
 * Every variable that the agent reads. The parsing, the documentation and the suggestions for misspelt names are all
 * taken from here.
 */
export const VARIABLES = {
  OTEL_SDK_DISABLED: {
    type: boolean,
    default: 'false',
    meaning: 'true: the agent is absent; it loads, patches and starts nothing.',
  },
  OTEL_ENABLED: {
    type: boolean,
    default: 'true',
    meaning: 'false: the same as OTEL_SDK_DISABLED=true; true has no effect.',
  },
  OTEL_CONFIG_FILE: {
    type: text,
    meaning:
      'A declarative configuration file in YAML; all other variables named OTEL_ count only where it refers to them.',
  },
  OTEL_EXPERIMENTAL_CONFIG_FILE: {
    type: text,
    meaning: 'The old name of OTEL_CONFIG_FILE; counts where that is unset.',
  },
  OTEL_LOG_LEVEL: {
    type: oneOf<LogLevel>(LOG_LEVELS),
    default: 'info',
    meaning: "How much the agent says of itself, on the program's standard error.",
  },
  OTEL_SERVICE_NAME: {
    type: text,
    meaning: "The service's name; without it the name in the program's package.json.",
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    type: attributes,
    meaning: 'Attributes of all telemetry, such as deployment.environment.name=production; values percent-encoded.',
  },
  OTEL_ENTITIES: {
    type: entities,
    meaning: 'Attributes by what they belong to: service{service.name=shop};host{host.id=1}; the others win over them.',
  },
  OTEL_NODE_RESOURCE_DETECTORS: {
    type: detectors,
    default: 'env,process,host,os,serviceinstance,container,k8s',
    meaning: 'What is found out for the resource; aws, gcp, azure and all ask metadata services over the network.',
  },
  OTEL_TRACES_EXPORTER: {
    type: exporters,
    default: 'otlp',
    meaning: 'Where spans go, one destination or several; none: they are made and propagated, and not delivered.',
  },
  OTEL_SEMCONV_STABILITY_OPT_IN: {
    type: stability,
    meaning:
      'For other agents: this one has the stable names of HTTP and databases, and says that there are no others.',
  },
  OTEL_METRICS_EXPORTER: {
    type: metricExporters,
    default: 'otlp',
    meaning: 'Where metrics go; none: there are none.',
  },
  OTEL_PROPAGATORS: {
    type: propagators,
    default: 'tracecontext,baggage',
    meaning: 'The headers by which a trace crosses from one process to the next.',
  },
  OTEL_TRACES_SAMPLER: {
    type: sampler,
    default: 'parentbased_always_on',
    meaning: 'Decides which traces are recorded; parentbased follows the caller where there is one.',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    type: samplerArgument,
    default: '1.0',
    meaning: 'The share of traces that samplers named traceidratio record; for jaeger_remote, where it is asked for.',
  },
  AUTOSPAN_SAMPLING_RULES: {
    type: samplingRules,
    meaning: 'Shares or rates of traces by what they begin with: GET /health*=0; /admin/*=1; *=10/s. See sampling.md.',
  },
  AUTOSPAN_KEEP: {
    type: keep,
    meaning: 'What is kept of traces that are not sampled: the part in this process if it fails, or takes so long.',
  },
  AUTOSPAN_KEEP_MAX_SPANS: {
    type: positive,
    default: '10000',
    meaning: 'How many ended spans wait in memory for AUTOSPAN_KEEP to be decided; of more the oldest are dropped.',
  },
  AUTOSPAN_CALLERS: {
    type: oneOf<CallerPolicy>(['obey', 'ignore', 'link']),
    default: 'obey',
    meaning: 'A caller decides on sampling; or not; or its trace is not even continued: a new one has a link to it.',
  },
  AUTOSPAN_TRUSTED_CALLERS: {
    type: networks,
    meaning: 'Addresses and networks of callers that are obeyed whatever AUTOSPAN_CALLERS is: 10.0.0.0/8,::1.',
  },
  OTEL_BSP_SCHEDULE_DELAY: {
    type: duration,
    default: '5000',
    meaning: 'How long the first waiting span waits, at most, before the batch is exported.',
  },
  OTEL_BSP_EXPORT_TIMEOUT: {
    type: timeout,
    default: '30000',
    meaning: 'How long the export of one batch may take.',
  },
  OTEL_BSP_MAX_QUEUE_SIZE: {
    type: positive,
    meaning: 'How many spans may wait; without it their size in bytes is bounded instead.',
  },
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: {
    type: positive,
    default: '512',
    atMost: 'OTEL_BSP_MAX_QUEUE_SIZE',
    meaning: 'How many spans one batch may hold; at most OTEL_BSP_MAX_QUEUE_SIZE where that is set.',
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
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: {
    type: count,
    meaning: 'Characters of an attribute value; what is beyond them is cut off. Without it there is no limit.',
  },
  OTEL_ATTRIBUTE_COUNT_LIMIT: {
    type: count,
    default: '128',
    meaning: 'How many attributes are kept.',
  },
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: {
    type: count,
    fallback: 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    meaning: "Characters of a value among a span's attributes.",
  },
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: {
    type: count,
    fallback: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
    meaning: 'How many attributes a span keeps.',
  },
  OTEL_SPAN_EVENT_COUNT_LIMIT: {
    type: count,
    default: '128',
    meaning: 'How many events a span keeps.',
  },
  OTEL_SPAN_LINK_COUNT_LIMIT: {
    type: count,
    default: '128',
    meaning: 'How many links a span keeps.',
  },
  OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: {
    type: count,
    default: '128',
    meaning: "How many attributes each of a span's events keeps.",
  },
  OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: {
    type: count,
    default: '128',
    meaning: "How many attributes each of a span's links keeps.",
  },
  ...OTLP_ROWS,
  ...signalRows('traces'),
  ...signalRows('logs'),
  ...signalRows('metrics'),
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
  http_proxy: {
    type: proxyUrl,
    fallback: 'HTTP_PROXY',
    meaning: 'The same as HTTP_PROXY, and wins over it.',
  },
  HTTP_PROXY: {
    type: proxyUrl,
    meaning: 'The proxy for requests to collectors by http, such as http://user:password@proxy:3128.',
  },
  https_proxy: {
    type: proxyUrl,
    fallback: 'HTTPS_PROXY',
    meaning: 'The same as HTTPS_PROXY, and wins over it.',
  },
  HTTPS_PROXY: {
    type: proxyUrl,
    meaning: 'The proxy for requests to collectors by https.',
  },
  no_proxy: {
    type: text,
    fallback: 'NO_PROXY',
    meaning: 'The same as NO_PROXY, and wins over it.',
  },
  NO_PROXY: {
    type: text,
    meaning: 'Hosts, domains, addresses and networks that are reached without a proxy; * for all.',
  },
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: {
    type: names,
    meaning: 'The libraries to trace, such as http,express; only these. Without it all are traced.',
  },
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: {
    type: names,
    meaning: 'Libraries not to trace; wins over OTEL_NODE_ENABLED_INSTRUMENTATIONS.',
  },
  OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED: {
    type: boolean,
    default: 'true',
    meaning: 'false: only libraries that another variable enables are traced.',
  },
  OTEL_INSTRUMENTATION_EXPRESS_LAYER_SPANS: {
    type: boolean,
    default: 'false',
    meaning: 'true: a span for each middleware and handler of express that a request passes.',
  },
  OTEL_INSTRUMENTATION_PG_SQL_COMMENTER: {
    type: boolean,
    default: 'false',
    meaning:
      'true: the database learns of traces: queries have a comment with traceparent, those with a name have none.',
  },
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
  OTEL_BLRP_SCHEDULE_DELAY: {
    type: duration,
    default: '1000',
    meaning: 'How long the first waiting log record waits, at most, before the batch is exported.',
  },
  OTEL_BLRP_EXPORT_TIMEOUT: {
    type: timeout,
    default: '30000',
    meaning: 'How long the export of one batch of log records may take.',
  },
  OTEL_BLRP_MAX_QUEUE_SIZE: {
    type: positive,
    meaning: 'How many log records may wait; without it their size in bytes is bounded instead.',
  },
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: {
    type: positive,
    default: '512',
    atMost: 'OTEL_BLRP_MAX_QUEUE_SIZE',
    meaning: 'How many log records one batch may hold; at most OTEL_BLRP_MAX_QUEUE_SIZE where that is set.',
  },
  OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: {
    type: count,
    fallback: 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    meaning: "Characters of a value among a log record's attributes.",
  },
  OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: {
    type: count,
    fallback: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
    meaning: 'How many attributes a log record keeps.',
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
  OTEL_INSTRUMENTATION_HTTP_SERVER_TIMING: {
    type: boolean,
    default: 'false',
    meaning: 'true: each response tells its trace, for browsers: server-timing: traceparent;desc="00-...".',
  },
  OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: {
    type: names,
    meaning: 'Headers of served requests that are attributes of their spans: http.request.header.<name>.',
  },
  OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: {
    type: names,
    meaning: 'Headers of the responses to served requests: http.response.header.<name>.',
  },
  OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: {
    type: names,
    meaning: 'Headers of sent requests that are attributes of their spans.',
  },
  OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: {
    type: names,
    meaning: 'Headers of the responses to sent requests.',
  },
  OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS: {
    type: patterns,
    meaning: 'Regular expressions for captured headers that are [REDACTED]; without it those named like secrets are.',
  },
  OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS: {
    type: texts,
    meaning: 'All methods that are told as they are, instead of those of the conventions; others are _OTHER.',
  },
  AUTOSPAN_HTTP_IGNORE_PATHS: {
    type: texts,
    meaning: 'Paths that are served without spans and all that is below them: /health*,/ready; * is any text.',
  },
  AUTOSPAN_HTTP_IGNORE_HOSTS: {
    type: texts,
    meaning: 'Hosts to which requests are sent without spans: metrics.internal,*.example.com.',
  },
  AUTOSPAN_HTTP_PROPAGATE_TO: {
    type: texts,
    meaning: 'The only hosts that learn of traces, by traceparent and the like: *.internal. Without it all do.',
  },
  AUTOSPAN_HTTP_NO_PROPAGATION_TO: {
    type: texts,
    meaning: 'Hosts that do not learn of traces; wins over AUTOSPAN_HTTP_PROPAGATE_TO.',
  },
  AUTOSPAN_DB_QUERY_TEXT: {
    type: boolean,
    default: 'true',
    meaning: 'false: spans of queries do not have their text (db.query.text), only its summary.',
  },
  AUTOSPAN_REDACT_VALUES: {
    type: listOf<SecretKind | 'none'>(['bearer', 'jwt', 'card', 'email', 'none']),
    default: 'none',
    meaning: 'What is [REDACTED] in all texts of spans and log records: tokens, card numbers, addresses.',
  },
  AUTOSPAN_REDACT_ATTRIBUTES: {
    type: texts,
    meaning: 'Attributes of spans and log records whose values are [REDACTED]: user.email,*.password.',
  },
  AUTOSPAN_REDACT_QUERY_KEYS: {
    type: texts,
    meaning: 'Keys whose values are REDACTED in the queries of URLs, in any case, besides those that always are.',
  },
  AUTOSPAN_WORKER_CONTEXT: {
    type: boolean,
    default: 'false',
    meaning:
      'true: a worker thread continues the trace of the code that makes it; for threads that do one job and end.',
  },
  AUTOSPAN_TRACE_TOOLS: {
    type: boolean,
    default: 'false',
    meaning: 'true: package managers and the threads of loggers, which are left alone otherwise, are traced too.',
  },
  AUTOSPAN_TRACES_FILE: {
    type: text,
    default: 'traces.jsonl',
    meaning: 'The file to which the exporter otlp/file appends spans, as OTLP/JSON, one request a line.',
  },
  AUTOSPAN_LOGS_FILE: {
    type: text,
    default: 'logs.jsonl',
    meaning: 'The file to which the exporter otlp/file appends log records, as OTLP/JSON, one request a line.',
  },
  AUTOSPAN_QUEUE_MAX_BYTES: {
    type: positive,
    default: '33554432',
    meaning: 'How many bytes of encoded telemetry may wait for one destination; of more the oldest are dropped.',
  },
  AUTOSPAN_BATCH_MAX_BYTES: {
    type: positive,
    default: '4194304',
    meaning: 'How large one export request may be, in bytes before compression; larger ones are divided.',
  },
  AUTOSPAN_DOCTOR: {
    type: text,
    meaning: 'true: what the agent finds is told on stderr, and a test span sent, as autospan doctor does.',
  },
  AUTOSPAN_SPOOL_DIRECTORY: {
    type: text,
    meaning:
      'A folder where telemetry is kept until it is delivered, over a restart of the program; processes may share it.',
  },
  AUTOSPAN_SPOOL_MAX_BYTES: {
    type: positive,
    default: '268435456',
    meaning: 'How many bytes may be in the spool; of more the oldest are dropped.',
  },
  AUTOSPAN_SPOOL_MAX_AGE: {
    type: duration,
    default: '86400000',
    meaning: 'How old telemetry in the spool may become; what is older is dropped by the next start.',
  },
  AUTOSPAN_EXIT_TIMEOUT: {
    type: duration,
    default: '1000',
    meaning: 'How long the end of the program may be delayed, in all, to deliver what waits; 0 for not at all.',
  },
  'OTEL_INSTRUMENTATION_<NAME>_ENABLED': {
    type: boolean,
    meaning: 'Whether one library is traced, such as OTEL_INSTRUMENTATION_HTTP_ENABLED; wins over all the above.',
  },
} as const satisfies Record<string, Variable>

/** What is exported today, each with its variables in the table. */
export type ExportedSignal = 'traces' | 'metrics' | 'logs'

type Table = typeof VARIABLES
export type VariableName = keyof Table

/** What a variable's value is in TypeScript: undefined is possible where nothing stands in for an unset one. */
export type ValueOf<N extends VariableName> =
  | (Table[N] extends { type: Type<infer T> } ? T : never)
  | (Table[N] extends { default: string }
      ? never
      : Table[N] extends { fallback: infer F extends VariableName }
        ? ValueOf<F>
        : undefined)

/**
 * Names of the specification and of other OpenTelemetry agents that this one does not read. They are spelt well, so
 * nothing is said of them.
 */
export const UNREAD_NAMES: readonly string[] = [
  'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT',
  'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT',
  'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
  'OTEL_EXPORTER_ZIPKIN_TIMEOUT',
  'OTEL_EXPORTER_ZIPKIN_PROTOCOL',
  'OTEL_EXPORTER_JAEGER_ENDPOINT',
  'OTEL_EXPORTER_JAEGER_PROTOCOL',
  'OTEL_EXPORTER_JAEGER_TIMEOUT',
  'OTEL_EXPORTER_OTLP_SPAN_INSECURE',
  'OTEL_EXPORTER_OTLP_METRIC_INSECURE',
  'OTEL_NODE_EXPERIMENTAL_SDK_METRICS',
  'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
  'OTEL_FASTIFY_IGNORE_PATHS',
]
