import type { LogLevel } from '../diag/diag.js'
import type { CorrelationNames } from '../instrumentation/correlation.js'
import type { HttpSettings } from '../instrumentation/http-rules.js'
import type { ExemplarFilter } from '../metrics/exemplars.js'
import type { CardinalityLimits, TemporalityPreference } from '../metrics/reader.js'
import type { HistogramAggregation } from '../metrics/stream.js'
import type { View } from '../metrics/views.js'
import type { AttributeBounds } from '../trace/attributes.js'
import type { CallerPolicy } from '../trace/decider.js'
import type { SpanLimits } from '../trace/limits.js'
import type { SamplingRule } from '../trace/rules.js'

export type ExporterName = 'otlp' | 'otlp/stdout' | 'otlp/file' | 'console' | 'none'
export type MetricExporterName = ExporterName | 'prometheus'
export type Protocol = 'grpc' | 'http/protobuf' | 'http/json'
/** What a request carries; in the names of variables in upper case. */
export type SignalName = 'traces' | 'metrics' | 'logs'
export type Compression = 'gzip' | 'none'
export type ExceptionSignal = 'logs' | 'logs/dup'
export type LogSource = 'pino' | 'winston' | 'bunyan' | 'console'
export type PropagatorName = 'tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'jaeger' | 'xray' | 'ottrace' | 'none'
/** Sources of resource attributes. `env` is always one. */
export type DetectorName =
  | 'env'
  | 'process'
  | 'host'
  | 'os'
  | 'serviceinstance'
  | 'container'
  | 'k8s'
  | 'aws'
  | 'gcp'
  | 'azure'
/** Signals that Node.js leaves to programs, and that no terminal sends. */
export type ControlSignal = 'SIGUSR2' | 'SIGURG'
export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio'
  | 'jaeger_remote'
  | 'parentbased_jaeger_remote'

/** What an attribute may be that a user sets: in variables a text, in a file the others too. */
export type AttributeValue = string | number | boolean | readonly (string | number | boolean)[]

/** All that the agent is told from outside, read once at start and never changed. */
export interface Config {
  /** False when `OTEL_SDK_DISABLED` or `OTEL_ENABLED` says so: the agent is then absent. */
  readonly enabled: boolean
  readonly logLevel: LogLevel
  /** Attributes of `OTEL_RESOURCE_ATTRIBUTES`, with `service.name` of `OTEL_SERVICE_NAME` where that is set. */
  readonly resourceAttributes: ReadonlyMap<string, AttributeValue>
  readonly resourceDetectors: ReadonlySet<DetectorName>
  readonly traces: TracesConfig
  readonly delivery: DeliveryConfig
  readonly logs: LogsConfig
  readonly metrics: MetricsConfig
  /** Without duplicates; empty where `none` was asked for. */
  readonly propagators: readonly Exclude<PropagatorName, 'none'>[]
  readonly instrumentations: InstrumentationsConfig
  /** Worker threads continue the trace of the code that makes them. */
  readonly workerContext: boolean
  /** The value of `AUTOSPAN_DOCTOR`, where the agent is to tell what it finds; else undefined. */
  readonly doctor: string | undefined
  /** Whether less is recorded while there is too much to deliver or to do. */
  readonly sheds: boolean
  /** Undefined where all settings are those of the start. */
  readonly control: ControlConfig | undefined
  /** Undefined where nothing is to be redacted but what always is. */
  readonly redaction: RedactionConfig | undefined
  /** Milliseconds by which the end of the process may be delayed, in all; 0 for not at all. */
  readonly exitTimeoutMillis: number
}

export type SecretKind = 'bearer' | 'jwt' | 'card' | 'email'

/** What is taken out of spans and log records. */
export interface RedactionConfig {
  /** Kinds of secrets, wherever they are in a text. */
  readonly values: readonly SecretKind[]
  /** Names of attributes; `*` is any text. */
  readonly attributes: readonly string[]
  /** Of queries in URLs, in any case. */
  readonly queryKeys: readonly string[]
}

/** By what settings change while the program runs: one of both is there. */
export interface ControlConfig {
  /** A path, from the folder in which the program was started. */
  readonly file: string | undefined
  readonly signal: ControlSignal | undefined
}

export interface TracesConfig {
  /** Without duplicates; empty where `none` was asked for. */
  readonly exporters: readonly Exclude<ExporterName, 'none'>[]
  readonly sampling: SamplingConfig
  readonly limits: SpanLimits
  readonly batch: BatchConfig
  readonly otlp: OtlpConfig
  /** The path to which `otlp/file` appends. */
  readonly file: string
}

export interface SamplingConfig {
  readonly sampler: SamplerName
  /** 0 to 1; has a meaning for the ratio samplers only. */
  readonly share: number
  /** Set for the samplers named `jaeger_remote`. */
  readonly remote: RemoteSamplerConfig | undefined
  /** What they decide `sampler` is not asked. */
  readonly rules: readonly SamplingRule[]
  /** Undefined where what is dropped is gone. */
  readonly keep: KeepConfig | undefined
  readonly callers: CallersConfig
}

export interface RemoteSamplerConfig {
  /** An http or https URL. */
  readonly endpoint: string
  readonly pollingIntervalMillis: number
  /** What is sampled until the endpoint has answered: 0 to 1. */
  readonly initialShare: number
}

/** What is kept of traces that were not sampled. */
export interface KeepConfig {
  readonly errors: boolean
  /** `Infinity` where none is kept for its duration. */
  readonly slowMillis: number
  /** Ended spans that are held until it is known whether they are kept. */
  readonly maxSpans: number
}

/** Whose decisions count. */
export interface CallersConfig {
  readonly policy: CallerPolicy
  /** Addresses and networks for which the policy is `obey`. */
  readonly trusted: readonly string[]
}

export interface LogsConfig {
  /** Without duplicates; empty where `none` was asked for. */
  readonly exporters: readonly Exclude<ExporterName, 'none'>[]
  /** Exceptions as log records, instead of or besides as events of spans; undefined for events only. */
  readonly exceptions: ExceptionSignal | undefined
  /** Libraries whose own records are sent too. */
  readonly sources: ReadonlySet<string>
  readonly limits: AttributeBounds
  readonly batch: BatchConfig
  readonly otlp: OtlpConfig
  /** The path to which `otlp/file` appends. */
  readonly file: string
}

export interface MetricsConfig {
  /** Without duplicates; empty where `none` was asked for. */
  readonly exporters: readonly Exclude<MetricExporterName, 'none'>[]
  /** Milliseconds from one collection to the next; more than 0. */
  readonly intervalMillis: number
  /** Milliseconds that callbacks and the export may take, each; `Infinity` for no limit. */
  readonly timeoutMillis: number
  readonly exemplars: ExemplarFilter
  readonly temporality: TemporalityPreference
  readonly histograms: HistogramAggregation
  readonly otlp: OtlpConfig
  /** The path to which `otlp/file` appends. */
  readonly file: string
  /** What the agent counts of itself is measured too. */
  readonly ofSelf: boolean
  /** Of the configuration file; there is no variable for them. */
  readonly views: readonly View[]
  readonly cardinalityLimits: CardinalityLimits
  /** Where the Prometheus endpoint listens. */
  readonly prometheus: { readonly host: string; readonly port: number }
}

export interface BatchConfig {
  /** Milliseconds from the first waiting span to its export, at the latest. */
  readonly scheduleDelayMillis: number
  /** Spans that may wait, where the user set `OTEL_BSP_MAX_QUEUE_SIZE`; else undefined, and bytes are the bound. */
  readonly maxQueueSize: number | undefined
  readonly maxExportBatchSize: number
  /** Milliseconds; `Infinity` for no limit. */
  readonly exportTimeoutMillis: number
}

/** Bounds that hold for each signal and destination. */
export interface DeliveryConfig {
  /** Bytes of encoded telemetry that may wait. */
  readonly maxQueueBytes: number
  /** Bytes of one request, before compression, where it has more than one record. */
  readonly maxRequestBytes: number
  /** Where what waits is kept on disk too, where that was asked for. */
  readonly spool: SpoolConfig | undefined
}

export interface SpoolConfig {
  readonly directory: string
  /** For all processes that share the directory. */
  readonly maxBytes: number
  /** What is older is not sent any more. */
  readonly maxAgeMillis: number
}

/** How one signal leaves the process: see `readOtlp`. */
export interface OtlpConfig {
  readonly protocol: Protocol
  /** The complete URL that requests are posted to: of scheme `http`, `https`, or `http+unix` with the socket as host. */
  readonly url: URL
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** Milliseconds for one batch with all its retries; `Infinity` for no limit. */
  readonly timeoutMillis: number
  readonly compression: Compression
  readonly tls: TlsConfig
  /** Undefined where requests go to the URL's host by themselves. */
  readonly proxy: ProxyConfig | undefined
}

/** Absolute paths of PEM files, read anew for each connection: certificates are renewed while programs run. */
export interface TlsConfig {
  /** Those who may have issued the backend's certificate, instead of all that Node.js trusts. */
  readonly authorities: string | undefined
  /** Set together with the key, or not at all. */
  readonly clientCertificate: string | undefined
  readonly clientKey: string | undefined
}

export interface ProxyConfig {
  /** A name or address, without brackets. */
  readonly host: string
  readonly port: number
  /** The proxy itself is spoken to over TLS. */
  readonly secure: boolean
  /** The value of `proxy-authorization`, a secret. */
  readonly authorization: string | undefined
  /** As it may be printed. */
  readonly name: string
}

export interface InstrumentationsConfig {
  /** Undefined where nothing of it is set. */
  readonly http: HttpSettings | undefined
  /** Whether the text of queries is told. */
  readonly queryText: boolean
  /** Characters of a text that instrumentations take from requests, queries and errors. */
  readonly textLength: number
  isEnabled(name: string): boolean
  /** Instrumentations that are to make a span for each layer that a request passes, and not only name its route. */
  readonly layerSpans: ReadonlySet<string>
  /** Instrumentations whose queries are to tell the database their trace. */
  readonly sqlCommenter: ReadonlySet<string>
  /** The fields by which log records tell their span. */
  readonly correlationNames: CorrelationNames
  /** Whether responses tell their trace in a `server-timing` header. */
  readonly serverTiming: boolean
}
