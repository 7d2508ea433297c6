import { createRequire } from 'node:module'
import type { TextMapPropagator } from '@opentelemetry/api'
import { INSTRUMENTATIONS } from '../instrumentations/index.js'
import { publishedContexts, publishLoggerProvider, publishProviders } from './api/registry.js'
import { findBundle } from './bundle.js'
import type { Config, InstrumentationsConfig, MetricsConfig } from './config/config.js'
import { type Environment, readEnvironment } from './config/environment.js'
import { isLoadedAgain } from './config/loads.js'
import { startedIn } from './config/path.js'
import { readConfig } from './config/read.js'
import { AsyncLocalStorageContextManager } from './context/manager.js'
import { setImmediate, setTimeout } from './context/timers.js'
import type { Control } from './control.js'
import { diag } from './diag/diag.js'
import { printable } from './diag/printable.js'
import type { Doctor } from './doctor.js'
import { watchDoors } from './export/last-flush/doors.js'
import type { Adopt, ThreadInbox, ThreadInboxSettings } from './export/thread-inbox.js'
import type { ThreadRelay } from './export/thread-relay.js'
import { Correlation } from './instrumentation/correlation.js'
import { continueFrom } from './instrumentation/environment.js'
import type { HttpRules } from './instrumentation/http-rules.js'
import { installInstrumentations } from './instrumentation/install.js'
import type { Instrumentation } from './instrumentation/instrumentation.js'
import { Kit, type KitOptions } from './instrumentation/kit.js'
import { hideQueryTexts } from './instrumentation/query-text.js'
import { LateLoggerProvider } from './logs/late.js'
import { LateMeterProvider } from './metrics/late.js'
import type { AgentMeterProvider } from './metrics/provider.js'
import type { ThreadMetrics } from './metrics/thread-metrics.js'
import type { Pipeline } from './pipeline.js'
import { LatePropagator } from './propagation/late.js'
import { createResource } from './resource/detect.js'
import type { Resource } from './resource/resource.js'
import { samplerName, startLine } from './start-line.js'
import {
  bequeath,
  environmentWith,
  type Inheritance,
  inherited,
  type Offer,
  offerTo,
  resourceOfThread,
} from './threads.js'
import { LateTracerProvider } from './trace/late.js'
import { limitOwnTexts } from './trace/own-text.js'
import { VERSION } from './version.js'

const require = createRequire(import.meta.url)

/** Marks the process as traced, for copies of the agent too. */
const STARTED: unique symbol = Symbol.for('autospan.started')

/** When metrics of the process itself begin, at the latest: programs that end sooner do not pay for them. */
const METRICS_BEGIN_MILLIS = 1000

const FIRST_SDK =
  'another OpenTelemetry SDK has started before; the spans that the program makes itself go there, those of autospan go their own way: one of the two is enough'

/**
 * Starts the agent, once in a process. Never throws: what fails is said, and the program runs untraced.
 *
 * @param register the path of the file that flags name
 */
export function start(register: string): void {
  try {
    const process_ = globalThis as { [STARTED]?: string }
    if (process_[STARTED] !== undefined) {
      diag.warn(`loaded again (${VERSION}) while ${process_[STARTED]} is running; the second is ignored`)
      return
    }
    process_[STARTED] = VERSION
    // Kept until the configuration has told whether they may be said.
    const complaints: string[] = []
    const inheritance = inherited()
    if (inheritance !== undefined) startedIn(inheritance.folder)
    const environment = environmentWith(inheritance)
    const config = readConfig(environment, names(), (line) => complaints.push(line))
    diag.setLevel(config.logLevel)
    // Those of a worker are the main thread's, which has told them.
    if (inheritance === undefined) for (const complaint of complaints) diag.warn(complaint)
    if (config.enabled) run(config, environment, inheritance, register)
  } catch (error) {
    diag.error(`could not start, the program runs untraced: ${error instanceof Error ? error.stack : error}`)
  }
}

function run(config: Config, environment: Environment, inheritance: Inheritance | undefined, register: string): void {
  const detected = inheritance === undefined ? createResource(config, VERSION) : undefined
  const early = Object.keys(environment)
  const resource = detected ?? resourceOfThread(inheritance!, config)
  const offer = inheritance && offerTo(config, inheritance)
  // Most of the agent is needed by spans only, and many programs never make one.
  let pipeline: Pipeline | undefined
  let doctor: Doctor | undefined
  let inbox: ThreadInbox | ThreadRelay | undefined
  const control = createControl(config, environment, inheritance === undefined)
  // Whichever way the process ends, what waits is delivered before.
  const hearSignals = watchDoors({
    onEmpty: () => {
      inbox?.drain()
      pipeline?.flush()
    },
    onEnd: (uncaught, letGo) => {
      carefully('what worker threads have handed over', () => inbox?.end())
      pipeline?.end(uncaught, letGo)
      doctor?.end()
      tellUnread(uncaught?.error)
    },
    control: control?.signal && { signal: control.signal, onSignal: () => control.signalled() },
  })
  const load = (): Pipeline => {
    if (pipeline === undefined) {
      const { createPipeline } = require('./pipeline.js') as typeof import('./pipeline.js')
      pipeline = createPipeline(control?.current ?? config, resource, hearSignals, offer)
      // From now on there are spans to be missed. The look needs nothing that the program loads, and not its turn either.
      if (inheritance === undefined) setImmediate(tellInlined, enabled)
    }
    return pipeline
  }
  const hasMetrics = config.metrics.exporters.length > 0
  const loadMeters = () => load().meters as AgentMeterProvider
  const useMeters = (): AgentMeterProvider => {
    hearSignals()
    return loadMeters()
  }
  const propagator = new LatePropagator(() => {
    const { createPropagator } = require('./propagation/composite.js') as typeof import('./propagation/composite.js')
    return createPropagator(config.propagators)
  })
  const adopt: Adopt = (signal, request) => {
    hearSignals()
    load().adopt(signal, request)
  }
  let threadMetrics: ThreadMetrics | undefined
  const measurementsOfThread = (threadId: number) => {
    const { ThreadMetrics } = require('./metrics/thread-metrics.js') as typeof import('./metrics/thread-metrics.js')
    const provider = loadMeters()
    threadMetrics ??= new ThreadMetrics({ provider, drain: () => inbox?.drain(), onMeasured: hearSignals })
    return threadMetrics.add(threadId)
  }
  const makeOffer = (): Offer | undefined => {
    if (!config.traces.exporters.includes('otlp') && !config.logs.exporters.includes('otlp') && !hasMetrics)
      return undefined
    inbox ??= createInbox(config, offer, adopt, hasMetrics ? measurementsOfThread : undefined)
    return inbox.expect()
  }
  const isFirst = publishProviders({
    trace: new LateTracerProvider(
      () => load().provider,
      async () => pipeline?.deliver('spans'),
    ),
    context: new AsyncLocalStorageContextManager(),
    propagation: propagator,
    ...(hasMetrics ? { metrics: new LateMeterProvider(useMeters, async () => pipeline?.deliver('metrics')) } : {}),
  })
  if (!isFirst) diag.warn(FIRST_SDK)
  if (config.logs.exporters.length > 0) {
    const deliver = async () => pipeline?.deliver('logs')
    publishLoggerProvider(new LateLoggerProvider(() => load().loggerProvider, deliver))
  }
  const http = createHttpRules(config.instrumentations)
  const correlation = new Correlation(config.instrumentations.correlationNames)
  const enabled = INSTRUMENTATIONS.filter(
    ({ name, onlySends }) =>
      config.instrumentations.isEnabled(name) && (onlySends !== true || config.logs.sources.has(name)),
  )
  if (detected !== undefined) doctor = createDoctor(config, enabled)
  const makeKit = (name: string, meters = useMeters): Kit => {
    const tracer = () => {
      const { provider } = load()
      if (inheritance === undefined) setImmediate(tellProgram, early)
      return provider.getTracer(`autospan/${name}`, VERSION)
    }
    const options: KitOptions = {
      layerSpans: config.instrumentations.layerSpans.has(name),
      sqlCommenter: config.instrumentations.sqlCommenter.has(name) ? loadTraceContext() : undefined,
      environment: readEnvironment,
      serverTiming: config.instrumentations.serverTiming,
      http,
      correlation,
      logger: config.logs.sources.has(name) ? load().loggerProvider?.getLogger(`autospan/${name}`, VERSION) : undefined,
      sendsConsole: config.logs.sources.has('console'),
      makeMeter: hasMetrics ? () => meters().getMeter(`autospan/${name}`, VERSION) : undefined,
    }
    const kit = isFirst ? new Kit(name, tracer, propagator, options) : kitBeside(name, tracer, propagator, options)
    control?.add(name, kit.library)
    return kit
  }
  installInstrumentations(
    [bequeath(environment, resource, config, propagator, makeOffer), ...enabled],
    makeKit,
    doctor?.heard,
  )
  control?.start((sampling) => pipeline?.resample(sampling))
  if (inheritance !== undefined) continueFrom(inheritance.carrier, config.propagators, propagator)
  else if (config.instrumentations.isEnabled('child_process'))
    continueFrom(readEnvironment(), config.propagators, propagator)
  // A crash is told though no span was made before it.
  if (config.logs.exceptions !== undefined) load()
  // A server that is asked nothing is ended by a signal too.
  if (doctor !== undefined) hearSignals()
  if (hasMetrics) {
    const isAsked = config.metrics.exporters.includes('prometheus')
    const begin = () => carefully('the metrics', () => beginMetrics(config.metrics, loadMeters, enabled, makeKit))
    setTimeout(begin, isAsked ? 0 : Math.min(METRICS_BEGIN_MILLIS, config.metrics.intervalMillis)).unref()
  }
  if (detected === undefined) {
    diag.debug(`traces a worker thread of ${printable(String(attributeOf(resource, 'service.name')))}`)
    return
  }
  diag.info(startLine(config, detected.serviceName, enabled))
  if (isLoadedAgain(register)) diag.warn('loaded more than once by flags and NODE_OPTIONS; once is enough')
}

/** `offer` is what this thread was offered itself; whoever takes it over takes over from threads of this one as well. */
function createInbox(
  config: Config,
  offer: Offer | undefined,
  adopt: Adopt,
  measurements: ThreadInboxSettings['measurements'],
): ThreadInbox | ThreadRelay {
  const { fingerprint } = require('./export/fingerprint.js') as typeof import('./export/fingerprint.js')
  if (offer?.fingerprint === fingerprint(config)) {
    const { ThreadRelay } = require('./export/thread-relay.js') as typeof import('./export/thread-relay.js')
    return new ThreadRelay(offer)
  }
  const { ThreadInbox } = require('./export/thread-inbox.js') as typeof import('./export/thread-inbox.js')
  return new ThreadInbox({ config, adopt, measurements })
}

function kitBeside(...settings: ConstructorParameters<typeof Kit>): Kit {
  const { KitBeside } = require('./instrumentation/beside.js') as typeof import('./instrumentation/beside.js')
  return new KitBeside(publishedContexts, ...settings)
}

/** Of what reads comments in queries nothing knows other formats; and baggage is not for the logs of a database. */
function loadTraceContext(): TextMapPropagator {
  const { traceContext } = require('./propagation/trace-context.js') as typeof import('./propagation/trace-context.js')
  return traceContext
}

/** Of the process itself: they are no reason to hear signals, or to hold up the end of the program. */
function beginMetrics(
  { ofSelf }: MetricsConfig,
  meters: () => AgentMeterProvider,
  enabled: readonly Instrumentation[],
  makeKit: (name: string, meters: () => AgentMeterProvider) => Kit,
): void {
  const provider = meters()
  if (ofSelf) {
    const { measureSelf } = require('./metrics/self.js') as typeof import('./metrics/self.js')
    measureSelf(provider.getMeter('autospan', VERSION))
  }
  for (const { name, measure } of enabled) {
    if (measure !== undefined) carefully(`the metrics of ${name}`, () => measure(makeKit(name, meters)))
  }
}

function createHttpRules({ http, queryText, textLength }: InstrumentationsConfig): HttpRules | undefined {
  if (!queryText) hideQueryTexts()
  limitOwnTexts(textLength)
  if (http === undefined) return undefined
  const { HttpRules } = require('./instrumentation/http-rules.js') as typeof import('./instrumentation/http-rules.js')
  return new HttpRules(http)
}

/** Says what of a program that is a bundle cannot be traced. */
function tellInlined(enabled: readonly Instrumentation[]): void {
  carefully('the look for a bundle', () => {
    const bundle = process.argv[1] === undefined ? undefined : findBundle(process.argv[1])
    if (bundle === undefined) return
    const { sayInlined } = require('./inlined.js') as typeof import('./inlined.js')
    void sayInlined(bundle, enabled)
  })
}

/** With a library's first span: what has loaded other agents by then, and set variables, is the program itself. */
function tellProgram(early: readonly string[]): void {
  carefully('the look for other agents', () => {
    const { sayVendors } = require('./vendors.js') as typeof import('./vendors.js')
    sayVendors()
  })
  carefully('the look for late settings', () => {
    const { sayLate } = require('./config/late.js') as typeof import('./config/late.js')
    sayLate(readEnvironment(), early)
  })
}

/** Where the program itself could not be read. */
function tellUnread(error: unknown): void {
  if ((error as { code?: unknown } | undefined | null)?.code !== 'ERR_UNKNOWN_FILE_EXTENSION') return
  carefully('the look at an unknown extension', () => {
    const { sayImportFlag } = require('./import-flag.js') as typeof import('./import-flag.js')
    sayImportFlag(error as Error)
  })
}

function createDoctor({ doctor }: Config, enabled: readonly Instrumentation[]): Doctor | undefined {
  if (doctor === undefined) return undefined
  return carefully('the doctor', () => {
    const { startDoctor } = require('./doctor.js') as typeof import('./doctor.js')
    return startDoctor(doctor, enabled)
  })
}

function createControl(config: Config, environment: Environment, isMainThread: boolean): Control | undefined {
  const { control } = config
  if (control === undefined) return undefined
  return carefully('the control of settings', () => {
    const { Control } = require('./control.js') as typeof import('./control.js')
    const instrumentations = INSTRUMENTATIONS
    return new Control({ config, control, environment, instrumentations, isMainThread, describe: samplerName })
  })
}

/** What the agent can do without: a fault of it is told, and nothing comes of it. */
function carefully<T>(what: string, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    diag.fault(what, error)
    return undefined
  }
}

function attributeOf({ attributes }: Resource, key: string): unknown {
  return attributes[attributes.indexOf(key) + 1]
}

function names(): string[] {
  return INSTRUMENTATIONS.map(({ name }) => name)
}
