import type { AttributeValue } from './config.js'
import { flagPart } from './instrumentations.js'
import { readExporter, readProcessors } from './model-exporters.js'
import { readSampler } from './model-samplers.js'
import type { Section } from './section.js'
import { readCardinalityLimits, readViews } from './views.js'
import type { Tree } from './yaml.js'

/** Severities of the data model by the first part of their names, and the levels of `OTEL_LOG_LEVEL`. */
const LEVELS: readonly (readonly [severity: string, level: string])[] = [
  ['trace', 'verbose'],
  ['debug', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['fatal', 'error'],
]

/** Reads the root of the declarative configuration, version 1.x. What it leaves out is what the data model says. */
export function readRoot(root: Section): void {
  root.get('file_format')
  root.variable('disabled', 'OTEL_SDK_DISABLED')
  root.variable('log_level', 'OTEL_LOG_LEVEL', levelOf)
  const detects = root.section('resource', readResource)
  if (!detects) root.set('OTEL_NODE_RESOURCE_DETECTORS', 'none')
  root.section('attribute_limits', (limits) => {
    limits.variable('attribute_value_length_limit', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT')
    limits.variable('attribute_count_limit', 'OTEL_ATTRIBUTE_COUNT_LIMIT')
    limits.unsupported('attribute_value_depth_limit')
  })
  // What is not there is done by nobody: a propagator and providers have to be asked for.
  if (!root.section('propagator', readPropagator)) root.set('OTEL_PROPAGATORS', 'none')
  if (!root.section('tracer_provider', readTracerProvider)) root.set('OTEL_TRACES_EXPORTER', 'none')
  if (!root.section('logger_provider', readLoggerProvider)) root.set('OTEL_LOGS_EXPORTER', 'none')
  readMeterProvider(root)
  root.section('instrumentation/development', readInstrumentation)
  root.section('distribution', (distribution) => {
    // Those of other distributions are none of ours.
    for (const key of distribution.keys) distribution.get(key)
    distribution.section('autospan', (own) => {
      for (const key of own.keys) own.variable(key, `AUTOSPAN_${key.toUpperCase()}`)
    })
  })
  root.end()
}

function levelOf(severity: string): string {
  const [, level] = LEVELS.find(([name]) => new RegExp(`^${name}[234]?$`, 'i').test(severity)) ?? []
  return level ?? severity
}

function readResource(resource: Section): void {
  resource.variable('attributes_list', 'OTEL_RESOURCE_ATTRIBUTES')
  resource.list('attributes', (attribute) => {
    const name = attribute.text('name')
    const tree = attribute.get('value')
    // Without a type it is a text: a version such as 1.10 is no number.
    const type = attribute.text('type') ?? 'string'
    if (name === undefined) attribute.complain('has no name')
    else if (tree?.value !== null) {
      const value = tree && attributeOf(tree, type)
      if (value === undefined) attribute.complain('has a value that is neither a scalar nor a list of them')
      else attribute.attributes.set(name, value)
    }
  })
  resource.unsupported('schema_url')
  const detectors = new Set<string>()
  resource.section('detection/development', (detection) => {
    detection.unsupported('attributes')
    detection.list('detectors', (detector) => {
      for (const key of detector.keys) {
        detector.section(key, () => {})
        for (const name of DETECTORS[key.replace('/development', '')] ?? [key]) detectors.add(name)
      }
    })
  })
  resource.set('OTEL_NODE_RESOURCE_DETECTORS', [...detectors].join(',') || 'none', 'detection/development')
}

/** What an attribute is that is not null; undefined for what no attribute can be. */
function attributeOf(tree: Tree, type: string): AttributeValue | undefined {
  if (!(tree.value instanceof Object)) return scalarOf(tree, type === 'string')
  if (!Array.isArray(tree.value) || tree.value.some(({ value }: Tree) => value instanceof Object)) return undefined
  const elements = tree.value.filter(({ value }: Tree) => value !== null)
  return elements.map((element: Tree) => scalarOf(element, type === 'string_array'))
}

function scalarOf({ value, text }: Tree, isText: boolean): string | number | boolean {
  return isText && text !== undefined ? text : (value as string | number | boolean)
}

/** The data model's detectors, and what finds the same here. Others may be called by our own names. */
const DETECTORS: Readonly<Record<string, readonly string[]>> = {
  container: ['container', 'k8s'],
  host: ['host', 'os'],
  process: ['process'],
  service: ['serviceinstance'],
}

function readPropagator(propagator: Section): void {
  const names: string[] = []
  propagator.list('composite', (entry) => {
    for (const key of entry.keys) {
      entry.section(key, () => {})
      names.push(key.replace('/development', ''))
    }
  })
  const list = propagator.text('composite_list')
  if (list !== undefined) names.push(list)
  propagator.set('OTEL_PROPAGATORS', names.join(',') || 'none', names.length > 0 ? 'composite' : undefined)
}

function readTracerProvider(provider: Section): void {
  readProcessors(provider, 'TRACES', 'OTEL_BSP')
  provider.section('limits', (limits) => {
    limits.variable('attribute_value_length_limit', 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT')
    limits.variable('attribute_count_limit', 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT')
    limits.variable('event_count_limit', 'OTEL_SPAN_EVENT_COUNT_LIMIT')
    limits.variable('link_count_limit', 'OTEL_SPAN_LINK_COUNT_LIMIT')
    limits.variable('event_attribute_count_limit', 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT')
    limits.variable('link_attribute_count_limit', 'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT')
  })
  provider.section('sampler', (sampler) => readSampler(sampler))
  provider.unsupported('id_generator')
  provider.unsupported('tracer_configurator/development')
}

function readLoggerProvider(provider: Section): void {
  readProcessors(provider, 'LOGS', 'OTEL_BLRP')
  provider.section('limits', (limits) => {
    limits.variable('attribute_value_length_limit', 'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT')
    limits.variable('attribute_count_limit', 'OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT')
  })
  provider.unsupported('logger_configurator/development')
}

function readMeterProvider(root: Section): void {
  const isThere = root.section('meter_provider', (provider) => {
    const exporters: string[] = []
    provider.list('readers', (reader) => {
      reader.section('periodic', (periodic) => {
        periodic.variable('interval', 'OTEL_METRIC_EXPORT_INTERVAL')
        periodic.variable('timeout', 'OTEL_METRIC_EXPORT_TIMEOUT')
        periodic.section('exporter', (exporter) => readExporter(exporter, 'METRICS', exporters))
        readCardinalityLimits(periodic)
        periodic.unsupported('producers')
      })
      reader.section('pull', (pull) => {
        readCardinalityLimits(pull)
        pull.unsupported('producers')
        pull.section('exporter', (exporter) => {
          exporter.section('prometheus/development', (prometheus) => {
            exporters.push('prometheus')
            prometheus.variable('host', 'OTEL_EXPORTER_PROMETHEUS_HOST')
            prometheus.variable('port', 'OTEL_EXPORTER_PROMETHEUS_PORT')
          })
        })
      })
    })
    provider.set('OTEL_METRICS_EXPORTER', exporters.join(',') || 'none', 'readers')
    provider.variable('exemplar_filter', 'OTEL_METRICS_EXEMPLAR_FILTER')
    readViews(provider)
    provider.unsupported('meter_configurator/development')
  })
  if (!isThere) root.set('OTEL_METRICS_EXPORTER', 'none')
}

/** General settings are those of HTTP; a library's own are called as its variables end. */
function readInstrumentation(instrumentation: Section): void {
  instrumentation.section('general', readGeneral)
  instrumentation.section('js', (js) => {
    for (const library of js.keys) {
      js.section(library, (options) => {
        for (const option of options.keys) {
          options.variable(option, `OTEL_INSTRUMENTATION_${flagPart(library)}_${flagPart(option)}`)
        }
      })
    }
  })
  // The data model has sections for other languages in the same file.
  for (const language of instrumentation.keys) instrumentation.get(language)
}

function readGeneral(general: Section): void {
  general.variable('stability_opt_in_list', 'OTEL_SEMCONV_STABILITY_OPT_IN')
  general.section('http', (http) => {
    readConventions(http)
    for (const side of ['client', 'server'] as const) {
      const prefix = `OTEL_INSTRUMENTATION_HTTP_${side.toUpperCase()}_CAPTURE`
      http.section(side, (settings) => {
        settings.variable('request_captured_headers', `${prefix}_REQUEST_HEADERS`)
        settings.variable('response_captured_headers', `${prefix}_RESPONSE_HEADERS`)
        settings.variable('known_methods', 'OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS')
      })
    }
  })
  general.section('db', readConventions)
  general.section('sanitization', (sanitization) => {
    sanitization.section('url', (url) => url.variable('sensitive_query_parameters', 'AUTOSPAN_REDACT_QUERY_KEYS'))
  })
  // Of what nothing is traced nothing has to be set.
  for (const key of ['code', 'gen_ai', 'messaging', 'rpc']) general.get(key)
}

/** The stable conventions, version 1, are those that there are. */
function readConventions(area: Section): void {
  area.section('semconv', (semconv) => {
    for (const [key, only] of [
      ['version', '1'],
      ['experimental', 'false'],
      ['dual_emit', 'false'],
    ] as const) {
      if ((semconv.setting(key) ?? only) !== only) semconv.unsupported(key)
    }
  })
}
