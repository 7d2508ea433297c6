import { createRequire } from 'node:module'
import { INSTRUMENTATIONS } from '../instrumentations/index.js'
import { adoptApiVersion, publishProviders } from './api/registry.js'
import type { Config, TracesConfig } from './config/config.js'
import { countLoads, readColourWishes, readEnvironment } from './config/environment.js'
import { readConfig } from './config/read.js'
import { AsyncLocalStorageContextManager } from './context/manager.js'
import { diag } from './diag/diag.js'
import { BatchProcessor } from './export/batch.js'
import { watchDoors } from './export/doors.js'
import type { Exporter } from './export/exporter.js'
import { LastFlush } from './export/last-flush.js'
import { fanOut } from './export/multi.js'
import { TRACES } from './export/signal.js'
import { printableUrl } from './export/transport.js'
import { HttpTransport } from './export/transport-http.js'
import { Correlation } from './instrumentation/correlation.js'
import { continueFrom } from './instrumentation/environment.js'
import { errorType } from './instrumentation/http.js'
import { installInstrumentations } from './instrumentation/install.js'
import type { Instrumentation } from './instrumentation/instrumentation.js'
import { Kit } from './instrumentation/kit.js'
import { createSpanEncoder } from './otlp/encoders.js'
import { createPropagator } from './propagation/composite.js'
import { createResource } from './resource/detect.js'
import type { Resource } from './resource/resource.js'
import type { OpenSpans } from './trace/open-spans.js'
import { AgentTracerProvider } from './trace/provider.js'
import { alwaysOff, alwaysOn, parentBased, type Sampler, traceIdRatio } from './trace/sampler.js'
import type { SpanProcessor } from './trace/span.js'
import { VERSION } from './version.js'

const require = createRequire(import.meta.url)

/** Marks the process as traced, for copies of the agent too. */
const STARTED: unique symbol = Symbol.for('autospan.started')

/** Follows the copies of the API that the program loads; no library, and never switched off. */
const API: Instrumentation = {
  name: 'api',
  about: 'the OpenTelemetry API as the program uses it',
  modules: [{ module: '@opentelemetry/api', patch: (_exports, _kit, version) => adoptApiVersion(version ?? '') }],
}

/** Starts the agent, once in a process. Never throws: what fails is said, and the program runs untraced. */
export function start(): void {
  try {
    const process_ = globalThis as { [STARTED]?: string }
    if (process_[STARTED] !== undefined) {
      diag.warn(`loaded again (${VERSION}) while ${process_[STARTED]} is running; the second is ignored`)
      return
    }
    process_[STARTED] = VERSION
    // Kept until the configuration has told whether they may be said.
    const complaints: string[] = []
    const config = readConfig(readEnvironment(), names(), (line) => complaints.push(line))
    diag.setLevel(config.logLevel)
    for (const complaint of complaints) diag.warn(complaint)
    run(config)
  } catch (error) {
    diag.error(`could not start, the program runs untraced: ${error instanceof Error ? error.stack : error}`)
  }
}

function run(config: Config): void {
  const resource = createResource(config, VERSION)
  const spanExporters = createSpanExporters(config, resource)
  const provider = new AgentTracerProvider({
    sampler: createSampler(config.traces),
    limits: config.traces.limits,
    processor: fanOut(spanExporters),
  })
  const propagator = createPropagator(config.propagators)
  const isFirst = publishProviders({
    trace: provider,
    context: new AsyncLocalStorageContextManager(),
    propagation: propagator,
  })
  if (!isFirst)
    diag.warn('another OpenTelemetry SDK has started before; the spans that the program makes itself go there')
  const correlation = new Correlation(config.instrumentations.correlationNames)
  const enabled = INSTRUMENTATIONS.filter(({ name }) => config.instrumentations.isEnabled(name))
  installInstrumentations([API, ...enabled], (name) => {
    const tracer = provider.getTracer(`autospan/${name}`, VERSION)
    return new Kit(name, tracer, propagator, {
      layerSpans: config.instrumentations.layerSpans.has(name),
      serverTiming: config.instrumentations.serverTiming,
      correlation,
    })
  })
  if (config.instrumentations.isEnabled('child_process')) continueFrom(readEnvironment(), propagator)
  deliverAtEnd(spanExporters, provider.openSpans, config.exitTimeoutMillis)
  diag.info(startLine(config, resource, enabled))
  if (countLoads() > 1) diag.warn('loaded more than once by flags and NODE_OPTIONS; once is enough')
}

function createSpanExporters({ traces }: Config, resource: Resource): readonly (SpanProcessor & Exporter)[] {
  return traces.exporters.map((exporter) => {
    if (exporter === 'console') return createConsole(resource)
    const { otlp, batch } = traces
    const encoder = createSpanEncoder(otlp.protocol, resource)
    const transport = new HttpTransport(otlp, encoder.contentType, VERSION)
    return new BatchProcessor({ signal: TRACES, encoder, transport, batch, timeoutMillis: otlp.timeoutMillis })
  })
}

/** stderr, for stdout is the program's. */
function createConsole(resource: Resource): SpanProcessor & Exporter {
  const { ConsoleProcessor, wantsColour } = require('./export/console.js') as typeof import('./export/console.js')
  const { noColor, forceColor } = readColourWishes()
  const { isTTY = false, columns } = process.stderr
  return new ConsoleProcessor({
    serviceName: String(attributeOf(resource, 'service.name')),
    write: (text) => process.stderr.write(text),
    colour: wantsColour(isTTY, noColor, forceColor),
    ...(columns === undefined ? {} : { width: columns }),
  })
}

function createSampler({ sampler, samplerRatio }: TracesConfig): Sampler {
  const [root, isParentBased] = sampler.startsWith('parentbased_')
    ? [sampler.slice('parentbased_'.length), true]
    : [sampler, false]
  const own = root === 'always_on' ? alwaysOn : root === 'always_off' ? alwaysOff : traceIdRatio(samplerRatio)
  return isParentBased ? parentBased(own) : own
}

/** Whichever way the process ends, what waits is delivered before, and what is still open is ended. */
function deliverAtEnd(exporters: readonly Exporter[], openSpans: OpenSpans, boundMillis: number): void {
  const lastFlush = new LastFlush(exporters, boundMillis)
  openSpans.onFirst = watchDoors({
    onEmpty: () => lastFlush.flush(),
    onEnd: (uncaught) => {
      openSpans.endAll(uncaught, errorType)
      lastFlush.run()
    },
  })
}

function startLine({ traces }: Config, resource: Resource, enabled: readonly Instrumentation[]): string {
  const exporters = traces.exporters.map((exporter) =>
    exporter === 'otlp' ? `${traces.otlp.protocol} to ${printableUrl(traces.otlp.url)}` : exporter,
  )
  const ratio = traces.sampler.endsWith('ratio') ? ` ${traces.samplerRatio}` : ''
  return [
    `${VERSION} traces ${attributeOf(resource, 'service.name')}`,
    `spans go ${exporters.length === 0 ? 'nowhere' : exporters.join(' and ')}`,
    `sampler ${traces.sampler}${ratio}`,
    `hooked: ${enabled.map(({ name }) => name).join(', ') || 'nothing'}`,
  ].join('; ')
}

function attributeOf({ attributes }: Resource, key: string): unknown {
  return attributes[attributes.indexOf(key) + 1]
}

function names(): string[] {
  return INSTRUMENTATIONS.map(({ name }) => name)
}
