import type { EventEmitter } from 'node:events'
import type { Context, Span, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api'
import type { Logger } from '@opentelemetry/api-logs'
import { isSuppressed, ROOT_CONTEXT, SPAN_KEY, spanOf } from '../context/context.js'
import { activeContext, applyIn, bindTo, runUnbound } from '../context/manager.js'
import type { AgentMeter } from '../metrics/meter.js'
import type { AttributeList, SharedAttributes } from '../trace/attributes.js'
import { now } from '../trace/clock.js'
import { CLIENT, INTERNAL, SERVER } from '../trace/kind.js'
import type { AgentTracer, Describe, Share } from '../trace/tracer.js'
import { Correlation, DEFAULT_CORRELATION_NAMES } from './correlation.js'
import type { HttpRules } from './http-rules.js'
import { Library, type Place, type PlaceScope } from './library.js'
import { type MakeWrapper, wrapMethod } from './wrap.js'

export { clearInterval, setImmediate, setInterval } from '../context/timers.js'
export { ownText } from '../trace/own-text.js'
export { messageOf, propertyOf } from '../trace/thrown.js'
export type { AgentMeter, Describe, Place, Share, SharedAttributes }

/** What the user has set for one library. */
export interface KitOptions {
  readonly layerSpans?: boolean
  /** Default: queries have no comments. */
  readonly sqlCommenter?: TextMapPropagator | undefined
  /** Default: one with the usual names. */
  readonly correlation?: Correlation
  /** Only where the library's own records are to be sent as OTLP logs. */
  readonly logger?: Logger | undefined
  readonly sendsConsole?: boolean
  readonly serverTiming?: boolean
  /** The process's variables, which its children inherit. Default: none. */
  readonly environment?: () => Readonly<Record<string, string | undefined>>
  /** Default: what instrumentations of HTTP do by themselves. */
  readonly http?: HttpRules | undefined
  /** Called for the first instrument. Default: there are no metrics. */
  readonly makeMeter?: (() => AgentMeter) | undefined
}

/**
 * What an instrumentation has in its hands: spans, contexts, headers and patches of one library.
 * Where the agent's own work could fail, a `place` catches it, so that the program never sees it.
 */
export class Kit {
  /** The user wants a span for each layer that a request passes. */
  readonly layerSpans: boolean
  /** Writes the comment by which queries tell the database their trace, where the user wants that. */
  readonly sqlCommenter: TextMapPropagator | undefined
  /** Trace ids for log records. */
  readonly correlation: Correlation
  /** Takes the library's own records, where the user wants them sent as OTLP logs. */
  readonly logger: Logger | undefined
  /** What is printed by `console` is sent as OTLP logs, too. */
  readonly sendsConsole: boolean
  /** The user wants each response to tell its trace in a `server-timing` header. */
  readonly serverTiming: boolean
  /** What the user wants of HTTP that is not so by itself. */
  readonly http: HttpRules | undefined
  /** The process's variables, which its children inherit. */
  readonly environment: () => Readonly<Record<string, string | undefined>>
  /** The library as the user switches it. */
  readonly library: Library
  readonly #makeTracer: () => AgentTracer
  #tracer: AgentTracer | undefined = undefined
  readonly #propagator: TextMapPropagator
  #fields: readonly string[] | undefined = undefined
  #parentFields: readonly string[] | undefined = undefined
  readonly #makeMeter: (() => AgentMeter) | undefined

  /** `makeTracer` is called for the first span. */
  constructor(library: string, makeTracer: () => AgentTracer, propagator: TextMapPropagator, options: KitOptions = {}) {
    this.layerSpans = options.layerSpans === true
    this.sqlCommenter = options.sqlCommenter
    this.correlation = options.correlation ?? new Correlation(DEFAULT_CORRELATION_NAMES)
    this.logger = options.logger
    this.sendsConsole = options.sendsConsole === true
    this.serverTiming = options.serverTiming === true
    this.http = options.http
    this.environment = options.environment ?? (() => ({}))
    this.library = new Library(library)
    this.#makeTracer = makeTracer
    this.#propagator = propagator
    this.#makeMeter = options.makeMeter
  }

  /** Whether anybody wants metrics. Without them nothing has to be measured. */
  get hasMeter(): boolean {
    return this.#makeMeter !== undefined
  }

  /** The library's meter, for `hasMeter` only: loads what metrics need. */
  meter(): AgentMeter {
    if (this.#makeMeter === undefined) throw new Error('there are no metrics')
    return this.#makeMeter()
  }

  /** Milliseconds on the monotonic clock, as spans have them. */
  now(): number {
    return now()
  }

  /** The context of the code that runs now. */
  active(): Context {
    return activeContext()
  }

  /** True in the agent's own work, and where an SDK asked for no tracing: start nothing, inject nothing. */
  isSuppressed(): boolean {
    return isSuppressed(activeContext())
  }

  /** The context of the code that runs now; undefined where `isSuppressed`. */
  activeToTrace(): Context | undefined {
    const context = activeContext()
    return isSuppressed(context) ? undefined : context
  }

  /** Whether the code that runs now belongs to a span, recorded or not. */
  isInSpan(): boolean {
    return spanOf(activeContext()) !== undefined
  }

  /** Calls `fn` in a context, with a list of arguments as it is. */
  runWith<This, Args extends unknown[], Result>(
    context: Context,
    fn: (this: This, ...args: Args) => Result,
    thisArg: This,
    args: Args,
  ): Result {
    return applyIn(context, fn, thisArg, args)
  }

  /** Whether the code that runs now belongs to no request. */
  isDetached(): boolean {
    return activeContext() === ROOT_CONTEXT
  }

  /** Calls `fn` where it belongs to no request: what opens connections or timers that outlive the one that needs them. */
  runDetached<This, Args extends unknown[], Result>(
    fn: (this: This, ...args: Args) => Result,
    thisArg: This,
    args: Args,
  ): Result {
    if (this.isDetached()) return Reflect.apply(fn, thisArg, args) as Result
    return applyIn(ROOT_CONTEXT, fn, thisArg, args)
  }

  /** The same at a fifth of the cost, but the program's own contexts are left too: where nothing of the program's runs. */
  runUnbound<This, Args extends unknown[], Result>(
    fn: (this: This, ...args: Args) => Result,
    thisArg: This,
    args: Args,
  ): Result {
    return runUnbound(fn, thisArg, ...args)
  }

  /** Has an emitter's listeners run in a context, those too that are added later. */
  bindEmitter(context: Context, emitter: EventEmitter): void {
    bindTo(context, emitter)
  }

  /** The context that the headers of an incoming message carry; never inherits the active one. */
  extract<Carrier>(carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    return this.#propagator.extract(ROOT_CONTEXT, carrier, getter)
  }

  /** Writes the headers that carry `context` to another service. */
  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    this.#propagator.inject(context, carrier, setter)
  }

  /** Header names that `inject` may write, lower-case. */
  propagationFields(): readonly string[] {
    this.#fields ??= this.#propagator.fields()
    return this.#fields
  }

  /** Those of them that tell the parent: all but `baggage`. */
  parentFields(): readonly string[] {
    this.#parentFields ??= this.propagationFields().filter((field) => field !== 'baggage')
    return this.#parentFields
  }

  /** Loads what spans need. Without it the first span does. */
  prepare(): AgentTracer {
    this.#tracer ??= this.#makeTracer()
    return this.#tracer
  }

  /**
   * Starts the span of a request that this process serves. `describe` gives its attributes and `shared` more of them, with
   * other keys; neither is called when the sampler drops the span. `startMillis` is on the monotonic clock.
   */
  startServer<Subject>(
    name: string,
    context: Context,
    describe: Describe<Subject>,
    subject: Subject,
    shared: Share<Subject>,
    startMillis: number,
  ): Span {
    return (this.#tracer ?? this.prepare()).start(name, SERVER, context, describe, subject, shared, startMillis)
  }

  /** Starts the span of a call to another service, which may have begun before; `describe` and `shared` as above. */
  startClient<Subject>(
    name: string,
    context: Context,
    describe: Describe<Subject>,
    subject: Subject,
    shared?: SharedAttributes,
    startMillis?: number,
  ): Span {
    return (this.#tracer ?? this.prepare()).start(name, CLIENT, context, describe, subject, shared, startMillis)
  }

  /** Starts the span of a part of the work in this process; `describe` as above. */
  startInternal<Subject>(name: string, context: Context, describe: Describe<Subject>, subject: Subject): Span {
    return (this.#tracer ?? this.prepare()).start(name, INTERNAL, context, describe, subject)
  }

  /** In the place of a span that the user does not want: it keeps the trace together, and nothing below it is recorded. */
  skip(context: Context): Span {
    return this.prepare().skip(context)
  }

  /** Attributes that many spans have alike: made once, given to each. */
  share(list: AttributeList): SharedAttributes {
    return (this.#tracer ?? this.prepare()).share(list)
  }

  withSpan(context: Context, span: Span): Context {
    return context.setValue(SPAN_KEY, span)
  }

  /** Replaces a method; the replacement looks like the original to the program. */
  wrap<Method extends string | symbol>(target: object, method: Method, make: MakeWrapper<Method>): void {
    wrapMethod(target, method, make)
  }

  /** A place in an instrumentation where the agent may fail: make one at patch time, not per call. */
  place(name: string, scope?: PlaceScope): Place {
    return this.library.place(name, scope)
  }
}
