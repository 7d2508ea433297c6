import { createRequire } from 'node:module'
import { DEFAULT_LIMITS, type SpanLimits } from '../trace/limits.js'

import type {
  BatchConfig,
  Config,
  ControlConfig,
  DeliveryConfig,
  DetectorName,
  MetricsConfig,
  RedactionConfig,
  SpoolConfig,
  TracesConfig,
} from './config.js'
import { isDisabled } from './disabled.js'
import { type Environment, givenText } from './environment.js'
import type { FileSettings } from './file.js'
import { readInstrumentations } from './instrumentations.js'
import { readLogs } from './logs.js'
import { reportMisspelt } from './misspelt.js'
import { readOtlp } from './otlp.js'
import { absolutePath } from './path.js'
import { readSampling } from './sampling.js'
import { createSettings, type Settings } from './settings.js'
import { DETECTORS } from './variables/general.js'
import { VARIABLES } from './variables.js'

const require = createRequire(import.meta.url)

const FILE = 'OTEL_CONFIG_FILE'
const OLD_FILE = 'OTEL_EXPERIMENTAL_CONFIG_FILE'
const NAME = 'OTEL_SERVICE_NAME'
const DETECTED = 'OTEL_NODE_RESOURCE_DETECTORS'

/**
 * All that the environment tells the agent, frozen. Never throws: a bad value is replaced by what counts without it,
 * and told of in one line, which names the variable, the value as it was given, and what is used.
 *
 * @param instrumentationNames all that can be switched on and off, in lower case
 * @param warn hears each line, without a line break
 */
export function readConfig(
  env: Environment,
  instrumentationNames: readonly string[],
  warn: (line: string) => void,
): Config {
  const { settings, variables, file } = openSettings(env, warn)
  const config = readSettings(settings, variables !== undefined && !isDisabled(variables), instrumentationNames)
  if (file === undefined) {
    reportMisspelt(env, instrumentationNames, warn)
    return Object.freeze(config)
  }
  const attributes = new Map([...detectedName(env, file), ...config.resourceAttributes, ...file.attributes])
  const { views, cardinalityLimits } = file
  const metrics = Object.freeze({ ...config.metrics, views, cardinalityLimits })
  return Object.freeze({ ...config, metrics, resourceAttributes: attributes })
}

/** What settings are read from. */
export interface Sources {
  readonly settings: Settings
  /** By variables; undefined where there is a configuration file that cannot be used. */
  readonly variables: Environment | undefined
  readonly file: FileSettings | undefined
}

/**
 * The environment, or the configuration file that it names. Variables of the specification have no effect then, as it
 * asks, but for the service's name where the file has that detected; those of others, as `AUTOSPAN_*` and proxies, have.
 */
export function openSettings(env: Environment, warn: (line: string) => void): Sources {
  const variable = givenText(env, FILE) === undefined ? OLD_FILE : FILE
  const path = givenText(env, variable)
  if (path === undefined) return { settings: createSettings(env, warn), variables: env, file: undefined }
  const { readConfigFile } = require('./file.js') as typeof import('./file.js')
  const file = readConfigFile(variable, path, env, warn)
  const others = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OTEL_')))
  if (file === undefined) return { settings: createSettings(others, warn), variables: undefined, file: undefined }
  reportIgnored(env, variable, path, file, warn)
  const variables = { ...others, ...file.variables }
  return { settings: createSettings(variables, warn, (name) => file.placeOf(name)), variables, file }
}

/** What the detector `service` of the data model finds, besides an id: anything in the file wins over it. */
function detectedName(env: Environment, { variables }: FileSettings): readonly (readonly [string, string])[] {
  const isDetected = variables[DETECTED]?.split(',').includes('serviceinstance')
  const name = isDetected ? givenText(env, NAME) : undefined
  return name === undefined ? [] : [['service.name', name]]
}

function reportIgnored(
  env: Environment,
  variable: string,
  path: string,
  file: FileSettings,
  warn: (line: string) => void,
): void {
  const ignored = Object.keys(VARIABLES).filter(
    (name) => name.startsWith('OTEL_') && givenText(env, name) !== undefined,
  )
  const heeded = [FILE, OLD_FILE, ...(detectedName(env, file).length > 0 ? [NAME] : [])]
  const told = ignored.filter((name) => !heeded.includes(name) && !file.referred.has(name))
  if (told.length === 0) return
  const { quoted } = require('./complaint.js') as typeof import('./complaint.js')
  warn(`${told.join(', ')} ignored, for ${variable}=${quoted(path)} is set and does not refer to them`)
}

function readSettings(settings: Settings, enabled: boolean, instrumentationNames: readonly string[]): Config {
  // Read for the sake of their lines: what they say, `isDisabled` and `isTool` have asked before.
  settings.read('OTEL_SDK_DISABLED')
  settings.read('OTEL_ENABLED')
  settings.read('AUTOSPAN_TRACE_TOOLS')
  settings.read('OTEL_SEMCONV_STABILITY_OPT_IN')
  settings.read(FILE)
  settings.read(OLD_FILE)
  return {
    enabled,
    logLevel: settings.read('OTEL_LOG_LEVEL'),
    resourceAttributes: readResourceAttributes(settings),
    resourceDetectors: readDetectors(settings),
    traces: readTraces(settings),
    delivery: readDelivery(settings),
    logs: readLogs(settings),
    metrics: readMetrics(settings),
    propagators: Object.freeze(settings.read('OTEL_PROPAGATORS')),
    instrumentations: readInstrumentations(settings, instrumentationNames),
    workerContext: settings.read('AUTOSPAN_WORKER_CONTEXT'),
    doctor: readDoctor(settings),
    sheds: settings.read('AUTOSPAN_SHEDDING'),
    control: readControl(settings),
    redaction: readRedaction(settings),
    exitTimeoutMillis: settings.read('AUTOSPAN_EXIT_TIMEOUT'),
  }
}

function readResourceAttributes(settings: Settings): ReadonlyMap<string, string> {
  const entities = settings.read('OTEL_ENTITIES') ?? []
  const attributes = new Map([...entities, ...(settings.read('OTEL_RESOURCE_ATTRIBUTES') ?? [])])
  const serviceName = settings.read(NAME)
  if (serviceName !== undefined) attributes.set('service.name', serviceName)
  return attributes
}

function readRedaction(settings: Settings): RedactionConfig | undefined {
  const config = {
    values: settings.read('AUTOSPAN_REDACT_VALUES') ?? [],
    attributes: settings.read('AUTOSPAN_REDACT_ATTRIBUTES') ?? [],
    queryKeys: settings.read('AUTOSPAN_REDACT_QUERY_KEYS') ?? [],
  }
  return Object.values(config).some((list) => list.length > 0) ? Object.freeze(config) : undefined
}

function readDoctor(settings: Settings): string | undefined {
  const wish = settings.read('AUTOSPAN_DOCTOR')
  return wish === 'false' ? undefined : wish
}

function readControl(settings: Settings): ControlConfig | undefined {
  const file = settings.read('AUTOSPAN_CONTROL_FILE')
  const signal = settings.read('AUTOSPAN_CONTROL_SIGNAL')
  return file === undefined && signal === undefined ? undefined : Object.freeze({ file, signal })
}

/** `all` stands for each of them, and `service` is another name: OpenTelemetry's own agent has both. */
function readDetectors(settings: Settings): ReadonlySet<DetectorName> {
  const listed = settings.read(DETECTED)
  return new Set(
    listed.flatMap((name) => (name === 'all' ? DETECTORS : [name === 'service' ? 'serviceinstance' : name])),
  )
}

function readTraces(settings: Settings): TracesConfig {
  return Object.freeze({
    exporters: Object.freeze(settings.read('OTEL_TRACES_EXPORTER')),
    sampling: readSampling(settings),
    limits: readLimits(settings),
    batch: readBatch(settings),
    otlp: readOtlp(settings, 'traces'),
    file: absolutePath(settings.read('AUTOSPAN_TRACES_FILE')),
  })
}

function readLimits(settings: Settings): SpanLimits {
  return Object.freeze({
    attributeCount: settings.read('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'),
    attributeValueLength:
      settings.read('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? DEFAULT_LIMITS.attributeValueLength,
    eventCount: settings.read('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    linkCount: settings.read('OTEL_SPAN_LINK_COUNT_LIMIT'),
    attributesPerEvent: settings.read('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'),
    attributesPerLink: settings.read('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'),
  })
}

function readBatch(settings: Settings): BatchConfig {
  return Object.freeze({
    scheduleDelayMillis: settings.read('OTEL_BSP_SCHEDULE_DELAY'),
    maxQueueSize: settings.read('OTEL_BSP_MAX_QUEUE_SIZE'),
    maxExportBatchSize: settings.read('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
    exportTimeoutMillis: settings.read('OTEL_BSP_EXPORT_TIMEOUT'),
  })
}

function readDelivery(settings: Settings): DeliveryConfig {
  return Object.freeze({
    maxQueueBytes: settings.read('AUTOSPAN_QUEUE_MAX_BYTES'),
    maxRequestBytes: settings.read('AUTOSPAN_BATCH_MAX_BYTES'),
    spool: readSpool(settings),
  })
}

function readSpool(settings: Settings): SpoolConfig | undefined {
  const directory = settings.read('AUTOSPAN_SPOOL_DIRECTORY')
  const bounds = {
    maxBytes: settings.read('AUTOSPAN_SPOOL_MAX_BYTES'),
    maxAgeMillis: settings.read('AUTOSPAN_SPOOL_MAX_AGE'),
  }
  return directory === undefined ? undefined : Object.freeze({ directory: absolutePath(directory), ...bounds })
}

function readMetrics(settings: Settings): MetricsConfig {
  return Object.freeze({
    exporters: Object.freeze(settings.read('OTEL_METRICS_EXPORTER')),
    intervalMillis: settings.read('OTEL_METRIC_EXPORT_INTERVAL'),
    timeoutMillis: settings.read('OTEL_METRIC_EXPORT_TIMEOUT'),
    exemplars: settings.read('OTEL_METRICS_EXEMPLAR_FILTER'),
    temporality: settings.read('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'),
    histograms: settings.read('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'),
    otlp: readOtlp(settings, 'metrics'),
    file: absolutePath(settings.read('AUTOSPAN_METRICS_FILE')),
    views: [],
    cardinalityLimits: {},
    ofSelf: settings.read('OTEL_NODE_EXPERIMENTAL_SDK_METRICS'),
    prometheus: Object.freeze({
      host: settings.read('OTEL_EXPORTER_PROMETHEUS_HOST'),
      port: settings.read('OTEL_EXPORTER_PROMETHEUS_PORT'),
    }),
  })
}
