import { createRequire } from 'node:module'
import type { Config, DeliveryConfig, MetricExporterName, MetricsConfig } from './config/config.js'
import type { ConsoleMetrics } from './export/console/metrics.js'
import { component } from './export/counters.js'
import type { Exporter } from './export/exporter.js'
import { repeatEvery } from './export/interval.js'
import type { MetricLines } from './export/metric-lines.js'
import { MetricExporter } from './export/metrics.js'
import { transportSettings } from './export/transport/transport.js'
import { createTransport } from './export/transport/transports.js'
import { isMainThread } from './main-thread.js'
import { AgentMeterProvider } from './metrics/provider.js'
import { MetricReader, type ReaderSettings } from './metrics/reader.js'
import type { Views } from './metrics/stream.js'
import { createMetricEncoder } from './otlp/encoders.js'
import type { Resource } from './resource/resource.js'
import { VERSION } from './version.js'

const require = createRequire(import.meta.url)

/** What metrics need from the instruments to the collector. */
export interface MetricPipeline {
  readonly provider: AgentMeterProvider
  readonly exporters: readonly Exporter[]
  /** What is observed may have changed: the next flush is not the first of one end. */
  goOn(): void
}

/** Begins to export at intervals. */
export function createMetricPipeline(
  isDouble: (scope: string) => boolean,
  ...settings: Parameters<typeof createReaders>
): MetricPipeline {
  const { readers, exporters } = createReaders(...settings)
  const goOn = () => {
    for (const reader of readers) reader.goOn()
  }
  return { provider: new AgentMeterProvider(readers, isDouble), exporters, goOn }
}

/** One for each exporter. */
export function createReaders(
  { metrics, delivery }: Config,
  resource: Resource,
  redact: ReaderSettings['redact'],
): { readonly readers: readonly MetricReader[]; readonly exporters: readonly Exporter[] } {
  const readers: MetricReader[] = []
  const exporters: Exporter[] = []
  const { intervalMillis, timeoutMillis } = metrics
  const views = viewsOf(metrics)
  for (const name of metrics.exporters) {
    const reader = new MetricReader({ ...readerSettings(metrics, name, views), redact })
    readers.push(reader)
    if (name === 'prometheus') {
      servePrometheus(metrics, reader, resource)
      continue
    }
    const exporter = createExporter(name, metrics, reader, resource, delivery)
    exporters.push(exporter)
    repeatEvery(intervalMillis, () => exporter.collect(timeoutMillis))
  }
  return { readers, exporters }
}

function createExporter(
  name: Exclude<MetricExporterName, 'prometheus' | 'none'>,
  { otlp, file, timeoutMillis }: MetricsConfig,
  reader: MetricReader,
  resource: Resource,
  bounds: DeliveryConfig,
): MetricExporter | ConsoleMetrics | MetricLines {
  if (name === 'console') return createConsole(reader, resource)
  if (name === 'otlp') {
    const encoder = createMetricEncoder(otlp.protocol, resource)
    const transport = createTransport(transportSettings(otlp, encoder.contentType, VERSION))
    const attemptMillis = Math.min(otlp.timeoutMillis, timeoutMillis)
    return new MetricExporter({ reader, encoder, transport, attemptMillis, bounds })
  }
  const { MetricLines } = require('./export/metric-lines.js') as typeof import('./export/metric-lines.js')
  const { fileOutput, standardOutput } = require('./export/output.js') as typeof import('./export/output.js')
  const output = name === 'otlp/file' ? fileOutput(file) : standardOutput
  return new MetricLines(reader, createMetricEncoder('http/json', resource), output)
}

/** The preferences of OTLP are its own: Prometheus knows neither deltas nor, in its text, exponential histograms. */
function readerSettings(metrics: MetricsConfig, name: string, views: Views | undefined): ReaderSettings {
  const { exemplars, temporality, histograms, cardinalityLimits } = metrics
  const isAsked = name === 'prometheus'
  const common = {
    exemplars,
    views,
    cardinalityLimits,
    keepsExemplars: isAsked,
    component: component(isAsked ? 'prometheus_http_text_metric_exporter' : 'periodic_metric_reader'),
  }
  if (name.startsWith('otlp')) return { ...common, temporality, histograms }
  return { ...common, temporality: 'cumulative', histograms: 'explicit_bucket_histogram' }
}

function viewsOf({ views }: MetricsConfig): Views | undefined {
  if (views.length === 0) return undefined
  const { createViews } = require('./metrics/views.js') as typeof import('./metrics/views.js')
  return createViews(views)
}

function servePrometheus({ prometheus, timeoutMillis }: MetricsConfig, reader: MetricReader, resource: Resource): void {
  // Threads of one process cannot listen at one port.
  if (!isMainThread()) return
  const { servePrometheus } = require('./export/prometheus/server.js') as typeof import('./export/prometheus/server.js')
  servePrometheus({ ...prometheus, reader, resource, timeoutMillis })
}

function createConsole(reader: MetricReader, { attributes }: Resource): ConsoleMetrics {
  const { ConsoleMetrics } = require('./export/console/metrics.js') as typeof import('./export/console/metrics.js')
  const { writeToStderr } = require('./export/console/stderr.js') as typeof import('./export/console/stderr.js')
  return new ConsoleMetrics({
    reader,
    serviceName: String(attributes[attributes.indexOf('service.name') + 1]),
    write: writeToStderr,
  })
}
