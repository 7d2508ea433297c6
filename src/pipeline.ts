import { createRequire } from 'node:module'
import type {
  BatchConfig,
  Config,
  DeliveryConfig,
  ExporterName,
  LogsConfig,
  OtlpConfig,
  Protocol,
  SamplingConfig,
} from './config/config.js'
import { readColourWishes } from './config/environment.js'
import { addCounters } from './diag/counters.js'
import { diag } from './diag/diag.js'
import { findDoubles } from './doubles.js'
import { BatchProcessor } from './export/batch.js'
import type { Exporter } from './export/exporter.js'
import { fingerprint, metricFingerprint } from './export/fingerprint.js'
import type { Uncaught } from './export/last-flush/doors.js'
import { LastFlush } from './export/last-flush/last-flush.js'
import { fanOut, type Processor } from './export/multi.js'
import type { Pressure } from './export/pressure.js'
import { LOGS, type Signal, TRACES } from './export/signal.js'
import type { Request } from './export/source.js'
import type { HandedSignal, ThreadRing } from './export/thread-ring.js'
import { transportSettings } from './export/transport/transport.js'
import { createTransport } from './export/transport/transports.js'
import { errorType } from './instrumentation/http.js'
import { Judge, keeping } from './judge.js'
import { LoadWatch } from './load.js'
import { LoggedExceptions } from './logs/exceptions.js'
import type { LogData } from './logs/log-data.js'
import { AgentLoggerProvider } from './logs/provider.js'
import { createMetricPipeline, type MetricPipeline } from './metric-pipeline.js'
import { addWaiting, settleNoted } from './metrics/measured.js'
import type { AgentMeterProvider } from './metrics/provider.js'
import type { ReaderSettings } from './metrics/reader.js'
import type { Encoder } from './otlp/encoder.js'
import { createLogEncoder, createSpanEncoder } from './otlp/encoders.js'
import type { Redactor } from './redaction.js'
import type { Resource } from './resource/resource.js'
import type { SheddingSettings } from './shedding.js'
import type { Offer } from './threads.js'
import type { OpenSpans } from './trace/open-spans.js'
import { AgentTracerProvider } from './trace/provider.js'
import { type ExceptionLog, recordingOf, type SpanData, type SpanProcessor } from './trace/span.js'
import { VERSION } from './version.js'

const require = createRequire(import.meta.url)

/** What telemetry needs from its start to the collector. Loaded and made with the first of it: see agent.ts. */
export interface Pipeline {
  readonly provider: AgentTracerProvider
  /** Undefined where log records go nowhere. */
  readonly loggerProvider: AgentLoggerProvider | undefined
  /** Undefined where there are to be no metrics. */
  readonly meters: AgentMeterProvider | undefined
  /** Delivers a request of a worker thread that has the same exporters. */
  adopt(signal: HandedSignal, request: Request): void
  /** Samples otherwise from the next span on; what is kept of what is dropped stays as it was. */
  resample(sampling: SamplingConfig): void
  /** Delivers what there is of one signal, within the bound of the last flush. Never rejects. */
  deliver(signal: HandedSignal | 'metrics'): Promise<void>
  /** The event loop is empty: what waits is delivered by it. */
  flush(): void
  /** The process ends: what is still open is ended, and what waits is delivered now. */
  end(uncaught: Uncaught | undefined, letGo?: () => void): void
}

/**
 * `onFirst` is called when a span starts and no other is open, and when log records can be made. `offer` is in a worker
 * thread what the thread that made it would take over.
 */
export function createPipeline(config: Config, resource: Resource, onFirst: () => void, offer?: Offer): Pipeline {
  const ring = offer?.fingerprint === fingerprint(config) ? openRing(offer) : undefined
  const shedding: SheddingSettings = {
    exporters: () => exporters,
    passThrough: (wrap) => openSpans.passThrough(wrap),
    thin: (thinning) => judge.thin(thinning),
  }
  const load = config.sheds ? new LoadWatch(shedding, () => openSpans.recorded) : undefined
  const redactor = createRedactor(config)
  const shown = redactor?.resource(resource) ?? resource
  const exporters = createSpanExporters(config, shown, { openSpans: () => openSpans, ring, pressure: load })
  const logExporters = createLogExporters(config, shown, ring)
  const logProcessor = redacted(fanOut(logExporters), redactor && ((record) => redactor.log(record)))
  const doubles = findDoubles(config.instrumentations, config.logs.sources)
  const loggerProvider =
    logExporters.length === 0
      ? undefined
      : new AgentLoggerProvider(config.logs.limits, logProcessor, onFirst, doubles.areRecords)
  const spanProcessor = redacted(fanOut(exporters), redactor && ((span) => redactor.span(span)))
  const keeper = keeping(config.traces.sampling.keep, spanProcessor)
  const judge = new Judge(config, resource, () => provider)
  const provider = new AgentTracerProvider({
    sampler: judge.sampler,
    decider: judge.decider,
    processor: ring === undefined ? keeper : tellingOpen(ring, () => openSpans.size, keeper),
    limits: config.traces.limits,
    exceptionLog: createExceptionLog(config.logs, loggerProvider),
    doublesOf: doubles.spansOf,
  })
  const { openSpans } = provider
  if (keeper instanceof BatchProcessor) {
    openSpans.concludesLater = true
    addWaiting(() => keeper.concludeAll())
  }
  openSpans.onFirst =
    ring === undefined
      ? onFirst
      : () => {
          ring.openSpans = 1
          onFirst()
        }
  countSpans(openSpans)
  if (loggerProvider !== undefined) countLogs(loggerProvider)
  const metrics = createMetrics(
    config,
    ring !== undefined && offer?.metricFingerprint === metricFingerprint(config) ? ring : undefined,
    doubles.areMetrics,
    shown,
    redactor && ((attributes) => redactor.attributes(attributes)),
  )
  const lastFlush = new LastFlush(
    [...exporters, ...logExporters, ...(metrics?.exporters ?? [])],
    config.exitTimeoutMillis,
  )
  return {
    provider,
    loggerProvider,
    meters: metrics?.provider,
    adopt(signal, request) {
      for (const exporter of signal === 'spans' ? exporters : logExporters) exporter.adopt?.(request)
    },
    resample: (sampling) => judge.resample(sampling),
    async deliver(signal) {
      const all = { spans: exporters, logs: logExporters, metrics: metrics?.exporters ?? [] }[signal]
      if (signal === 'metrics') metrics?.goOn()
      await Promise.all(all.map((exporter) => exporter.flush(config.exitTimeoutMillis)))
      if (signal === 'metrics') metrics?.goOn()
    },
    flush: () => lastFlush.flush(),
    end(uncaught, letGo) {
      openSpans.endAll(uncaught, errorType)
      load?.end()
      lastFlush.run(letGo)
    },
  }
}

/** `ring` is where measurements are handed over to another thread, which has the same exporters. */
function createMetrics(
  config: Config,
  ring: ThreadRing | undefined,
  isDouble: (scope: string) => boolean,
  ...settings: readonly [Resource, ReaderSettings['redact']]
): MetricPipeline | undefined {
  if (config.metrics.exporters.length === 0) return undefined
  if (ring === undefined) return createMetricPipeline(isDouble, config, ...settings)
  const { createThreadMetricPipeline } =
    require('./thread-metric-pipeline.js') as typeof import('./thread-metric-pipeline.js')
  return createThreadMetricPipeline(ring, isDouble, config, ...settings)
}

function createRedactor({ redaction }: Config): Redactor | undefined {
  if (redaction === undefined) return undefined
  const { Redactor } = require('./redaction.js') as typeof import('./redaction.js')
  return new Redactor(redaction)
}

/** A record that cannot be redacted is dropped: what it holds is not known. */
function redacted<Data>(next: Processor<Data>, redact: ((record: Data) => Data) | undefined): Processor<Data> {
  if (redact === undefined) return next
  return {
    onEnd(record) {
      try {
        next.onEnd(redact(record))
      } catch (error) {
        diag.fault('redaction', error)
      }
    },
  }
}

function countSpans(spans: OpenSpans): void {
  const add = (name: string, isMonotonic: boolean, result: string, read: () => number) =>
    addCounters({ name, isMonotonic, unit: '{span}', attributes: { 'otel.span.sampling_result': result }, read })
  add('otel.sdk.span.started', true, 'RECORD_AND_SAMPLE', () => spans.recorded)
  add('otel.sdk.span.started', true, 'DROP', () => spans.notSampled)
  add('otel.sdk.span.live', false, 'RECORD_AND_SAMPLE', () => spans.size)
}

function countLogs(provider: AgentLoggerProvider): void {
  const name = 'otel.sdk.log.created'
  addCounters({ name, isMonotonic: true, unit: '{log_record}', attributes: {}, read: () => provider.created })
}

/** How many spans are encoded at a time. What they hold is private and does not change once they have ended. */
const SPANS_TOGETHER = 16

function conclude(span: SpanData): void {
  recordingOf(span)?.conclude()
}

/** How the records of one signal leave the process. */
interface Way<Data> {
  readonly signal: Signal
  readonly encoder: (protocol: Protocol) => Encoder<Data>
  /** Records that are encoded together. */
  readonly together: number
  readonly conclude?: (record: Data) => void
  readonly encoded?: () => void
  readonly batch: BatchConfig
  readonly otlp: OtlpConfig
  /** Where `otlp/file` appends. */
  readonly file: string
  readonly console: () => SignalExporter<Data>
  /** To the main thread, from one that it has made. */
  readonly ring: ThreadRing | undefined
  /** Where load can be shed. */
  readonly pressure?: Pressure | undefined
}

type SignalExporter<Data> = Processor<Data> & Exporter & { adopt?(request: Request): void; readonly fullness?: number }

/** Undefined where another thread has it: one that is not traced leaves what it was left to all that it makes. */
function openRing({ memory }: Offer): ThreadRing | undefined {
  const { ThreadRing } = require('./export/thread-ring.js') as typeof import('./export/thread-ring.js')
  const ring = new ThreadRing(memory)
  return ring.claim() ? ring : undefined
}

/** Tells how many spans are open before one that has ended is handed on, and so cannot be lost any more. */
function tellingOpen(ring: ThreadRing, countOpen: () => number, next: SpanProcessor): SpanProcessor {
  return {
    onEnd(span) {
      ring.openSpans = countOpen()
      next.onEnd(span)
    },
  }
}

function createExporter<Data>(
  name: Exclude<ExporterName, 'none'>,
  { signal, encoder: encoderFor, together, conclude, encoded, batch, otlp, file, console, ring, pressure }: Way<Data>,
  bounds: DeliveryConfig,
): SignalExporter<Data> {
  if (name === 'console') return console()
  if (name === 'otlp') {
    const createOwn = (): BatchProcessor<Data> => {
      const encoder = encoderFor(otlp.protocol)
      const transport = createTransport(transportSettings(otlp, encoder.contentType, VERSION))
      const { timeoutMillis } = otlp
      const records = { encoder, together, conclude, encoded, batch }
      return new BatchProcessor({ signal, ...records, transport, timeoutMillis, bounds, pressure })
    }
    if (ring === undefined) return createOwn()
    const { HandingOver } = require('./export/handing-over.js') as typeof import('./export/handing-over.js')
    const settings = { encoder: encoderFor(otlp.protocol), ring, createOwn }
    return new HandingOver({ ...settings, signal: signal === TRACES ? 'spans' : 'logs' })
  }
  const { LineExporter } = require('./export/lines.js') as typeof import('./export/lines.js')
  const { fileOutput, standardOutput } = require('./export/output.js') as typeof import('./export/output.js')
  const output = name === 'otlp/file' ? fileOutput(file) : standardOutput
  return new LineExporter({ signal, encoder: encoderFor('http/json'), output, batch })
}

function createSpanExporters(
  { traces, delivery }: Config,
  resource: Resource,
  { openSpans, ...ways }: { openSpans: () => OpenSpans } & Pick<Way<SpanData>, 'ring' | 'pressure'>,
): readonly SignalExporter<SpanData>[] {
  const encoder = (protocol: Protocol) => createSpanEncoder(protocol, resource)
  const console = () => createConsole(resource, (spanId) => openSpans().isOpen(spanId))
  // Measurements keep their spans for exemplars.
  const records = { encoder, together: SPANS_TOGETHER, conclude, encoded: settleNoted }
  const way = { ...traces, ...ways, ...records, signal: TRACES, console }
  return traces.exporters.map((name) => createExporter(name, way, delivery))
}

function createLogExporters(
  { logs, delivery }: Config,
  resource: Resource,
  ring: ThreadRing | undefined,
): readonly SignalExporter<LogData>[] {
  const encoder = (protocol: Protocol) => createLogEncoder(protocol, resource)
  // The body is the program's own object.
  const way = { ...logs, signal: LOGS, encoder, together: 1, console: createLogConsole, ring }
  return logs.exporters.map((name) => createExporter(name, way, delivery))
}

function createConsole({ attributes }: Resource, isOpen: (spanId: string) => boolean): SignalExporter<SpanData> {
  const { ConsoleProcessor, wantsColour } =
    require('./export/console/spans.js') as typeof import('./export/console/spans.js')
  const { writeToStderr } = require('./export/console/stderr.js') as typeof import('./export/console/stderr.js')
  const { noColor, forceColor } = readColourWishes()
  const { isTTY = false, columns } = process.stderr
  return new ConsoleProcessor({
    serviceName: String(attributes[attributes.indexOf('service.name') + 1]),
    write: writeToStderr,
    colour: wantsColour(isTTY, noColor, forceColor),
    // A terminal that has not been told its size, as containers and build servers have them, says 0.
    ...(columns > 0 ? { width: columns } : {}),
    isOpen,
  })
}

function createExceptionLog(
  { exceptions }: LogsConfig,
  provider: AgentLoggerProvider | undefined,
): ExceptionLog | undefined {
  if (exceptions === undefined || provider === undefined) return undefined
  return new LoggedExceptions(provider.getLogger('autospan', VERSION), exceptions === 'logs/dup')
}

function createLogConsole(): SignalExporter<LogData> {
  const { ConsoleLogProcessor } = require('./export/console/logs.js') as typeof import('./export/console/logs.js')
  const { writeToStderr } = require('./export/console/stderr.js') as typeof import('./export/console/stderr.js')
  return new ConsoleLogProcessor(writeToStderr)
}
