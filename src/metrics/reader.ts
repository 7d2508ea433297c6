import type { Attributes } from '@opentelemetry/api'
import { ROOT_CONTEXT } from '../context/context.js'
import { runIn } from '../context/manager.js'
import { clearTimeout, setTimeout } from '../context/timers.js'
import { type SelfCounter, tellDuration } from '../diag/counters.js'
import { diag } from '../diag/diag.js'
import { now, unixMillis } from '../trace/clock.js'
import type { Scope } from '../trace/span.js'
import { className, textOf } from '../trace/thrown.js'
import type { ExemplarFilter } from './exemplars.js'
import type { Descriptor, InstrumentKind } from './instrument.js'
import type { Recorder } from './instruments.js'
import { settle } from './measured.js'
import { CUMULATIVE, DELTA, type Metric, type Temporality } from './metric.js'
import { ObservedStore } from './observed.js'
import { Store, type StreamSettings } from './store.js'
import { type HistogramAggregation, type Stream, usualStream, type Views } from './stream.js'

/** `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`. */
export type TemporalityPreference = 'cumulative' | 'delta' | 'lowmemory'

export interface ReaderSettings {
  readonly temporality: TemporalityPreference
  readonly histograms: HistogramAggregation
  readonly exemplars: ExemplarFilter
  readonly keepsExemplars: boolean
  /** What is left of attributes before they are told apart; default: all. */
  readonly redact?: StreamSettings['redact']
  /** Default: each instrument has its usual stream. */
  readonly views?: Views | undefined
  /** Sets of attributes of instruments of some kinds; default: those of the specification. */
  readonly cardinalityLimits?: CardinalityLimits
  /** By which the agent tells of this one, where it tells of itself. */
  readonly component?: SelfCounter['attributes']
}

/** By kind of instrument, and for those that are not named. */
export type CardinalityLimits = Readonly<Partial<Record<InstrumentKind | 'default', number>>>

/** One who has to be asked for observations. */
export interface Observer {
  /** Asks for what the agent observes, whatever the program does: alone it is no reason for a last collection. */
  readonly isBackground: boolean
  /** Calls back `observe` for each observation; a promise tells when there are no more. May throw. */
  call(observe: Observe, reader: object): unknown
}

export type Observe = (instrument: object, value: number, attributes?: Attributes) => void

/** What instruments are made for. */
export interface InstrumentReader {
  /** @param observers those of the provider whose reader this is; they come and go */
  attach(observers: ReadonlySet<Observer>): void
  /** Where the measurements of a new instrument are to go. */
  storesFor(scope: Scope, descriptor: Descriptor): readonly Recorder[]
  addObservable(instrument: object, scope: Scope, descriptor: Descriptor): void
}

/** Collects what all instruments have come to, for one who exports it. Each has its own points. */
export class MetricReader implements InstrumentReader {
  readonly #settings: ReaderSettings
  readonly #stores: (Store | ObservedStore)[] = []
  readonly #observed = new Map<object, readonly ObservedStore[]>()
  #observers: ReadonlySet<Observer> = new Set()
  /** Observations are asked for, or awaited. */
  #collecting = false
  /** The last collection was one of the end: what is observed has been told. */
  #hasSaidLast = false
  /** `error.type` of the collection, where a callback has failed or has not ended. */
  #failure: string | undefined

  constructor(settings: ReaderSettings) {
    this.#settings = settings
  }

  attach(observers: ReadonlySet<Observer>): void {
    this.#observers = observers
  }

  storesFor(scope: Scope, descriptor: Descriptor): readonly Store[] {
    const settings = this.#streamSettings(descriptor.kind)
    const stores = this.#streamsOf(scope, descriptor).map((stream) => new Store(scope, stream, settings, unixMillis()))
    this.#stores.push(...stores)
    return stores
  }

  addObservable(instrument: object, scope: Scope, descriptor: Descriptor): void {
    const settings = this.#streamSettings(descriptor.kind)
    const stores = this.#streamsOf(scope, descriptor).map(
      (stream) => new ObservedStore(scope, stream, settings, unixMillis()),
    )
    this.#stores.push(...stores)
    this.#observed.set(instrument, stores)
  }

  /**
   * Whether the program has had something measured since the last collection, or has something to be observed. The latter
   * once: there always is, and after a collection of the end it is not asked for again before the next one at an interval.
   */
  get touched(): boolean {
    settle()
    if (this.#stores.some((store) => store instanceof Store && store.touched && !store.isBackground)) return true
    return !this.#hasSaidLast && [...this.#observers].some(({ isBackground }) => !isBackground)
  }

  /** The last collection was not of the end: what is observed is asked for again. */
  goOn(): void {
    this.#hasSaidLast = false
  }

  /**
   * Asks for observations, waits for those that take time, for `timeoutMillis` at most, and shows each metric to
   * `visit`, which must not keep its points. Never rejects. One collection at a time: another one is none. `isLast` where
   * the process may end after it.
   */
  async collect(timeoutMillis: number, visit: (metric: Metric) => void, isLast = false): Promise<void> {
    if (this.#collecting) return
    this.#collecting = true
    this.#hasSaidLast = false
    const startMillis = now()
    this.#failure = undefined
    const pending = this.#askObservers()
    if (pending.length > 0 && !(await areSettledWithin(pending, timeoutMillis))) this.#onLate(timeoutMillis)
    // A collection without waiting has come before: it has seen all.
    if (!this.#collecting) return
    this.#visit(visit)
    this.#hasSaidLast = isLast
    this.#tellCollected(now() - startMillis)
  }

  #tellCollected(millis: number): void {
    const { component } = this.#settings
    if (component === undefined) return
    const attributes = this.#failure === undefined ? component : { ...component, 'error.type': this.#failure }
    tellDuration('otel.sdk.metric_reader.collection.duration', millis / 1000, attributes)
  }

  /** The same at once: what is observed later is lost. Never throws. */
  collectNow(visit: (metric: Metric) => void): void {
    this.#hasSaidLast = true
    if (!this.#collecting) {
      this.#collecting = true
      this.#askObservers()
    }
    this.#visit(visit)
  }

  #visit(visit: (metric: Metric) => void): void {
    this.#collecting = false
    settle()
    const timeMillis = unixMillis()
    for (const store of this.#stores) {
      try {
        const metric = store.metric(timeMillis)
        if (metric !== undefined) visit(metric)
      } catch (error) {
        diag.fault('the collection of metrics', error)
      }
      store.collected(timeMillis)
    }
  }

  #askObservers(): PromiseLike<unknown>[] {
    const pending: PromiseLike<unknown>[] = []
    // A copy: callbacks may add others, or remove and add themselves, and with those of now there would be no end.
    for (const observer of [...this.#observers]) {
      if (!this.#observers.has(observer)) continue
      const observe: Observe = (instrument, value, attributes) => {
        if (!this.#collecting) return
        for (const store of this.#observed.get(instrument) ?? []) store.observe(value, attributes)
      }
      const result = runIn(ROOT_CONTEXT, this.#ask, this, observer, observe)
      if (isThenable(result)) pending.push(result.then(undefined, (error: unknown) => this.#onFailed(error)))
    }
    return pending
  }

  #ask(observer: Observer, observe: Observe): unknown {
    try {
      return observer.call(observe, this)
    } catch (error) {
      this.#onFailed(error)
      return undefined
    }
  }

  #onLate(timeoutMillis: number): void {
    this.#failure ??= 'timeout'
    diag.warnOnce(
      'late metric callback',
      `a callback of an observable instrument has not ended after ${timeoutMillis} ms: what it observes later is lost, and each collection waits as long for it`,
    )
  }

  #onFailed(error: unknown): void {
    this.#failure = (typeof error === 'object' && error !== null ? className(error) : undefined) ?? '_OTHER'
    diag.warnOnce(
      'metric callback',
      `a callback of an observable instrument failed, and may fail again: ${textOf(error)}`,
    )
  }

  #streamSettings(kind: InstrumentKind): StreamSettings {
    const { temporality, exemplars, keepsExemplars, redact } = this.#settings
    return { temporality: temporalityOf(kind, temporality), exemplars, keepsExemplars, redact }
  }

  #streamsOf(scope: Scope, descriptor: Descriptor): readonly Stream[] {
    const { histograms, views, cardinalityLimits: limits } = this.#settings
    const usual = usualStream(descriptor, histograms, limits?.[descriptor.kind] ?? limits?.default)
    return views === undefined ? [usual] : views(scope, descriptor, usual)
  }
}

/** SPEC metrics/sdk_exporters/otlp.md. */
function temporalityOf(kind: InstrumentKind, preference: TemporalityPreference): Temporality {
  switch (kind) {
    case 'counter':
    case 'histogram':
      return preference === 'cumulative' ? CUMULATIVE : DELTA
    case 'observable_counter':
      return preference === 'delta' ? DELTA : CUMULATIVE
    default:
      return CUMULATIVE
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

async function areSettledWithin(pending: readonly PromiseLike<unknown>[], timeoutMillis: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.min(timeoutMillis, 2 ** 31 - 1), false)
    timer.unref()
  })
  const areSettled = await Promise.race([Promise.all(pending), timeout])
  clearTimeout(timer)
  return areSettled !== false
}
