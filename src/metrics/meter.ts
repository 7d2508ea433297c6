import type {
  Attributes,
  BatchObservableCallback,
  BatchObservableResult,
  Meter,
  MetricOptions,
  Observable,
  ObservableCallback,
} from '@opentelemetry/api'
import { diag } from '../diag/diag.js'
import type { Scope } from '../trace/span.js'
import {
  areBoundaries,
  DEFAULT_BOUNDARIES,
  type Descriptor,
  type InstrumentKind,
  isInstrumentName,
  isObservable,
} from './instrument.js'
import { checkedValue, ObservableInstrument, SyncInstrument } from './instruments.js'
import type { InstrumentReader, Observe, Observer } from './reader.js'

/** `ValueType.INT` of the API, by value. */
const INT = 0

type AnyInstrument = SyncInstrument | ObservableInstrument

/** What the agent's own instruments may be besides. */
export interface AgentMetricOptions extends MetricOptions {
  readonly isBackground?: boolean
  readonly ofPeriods?: Descriptor['ofPeriods']
}

/** A meter of the API. Nothing that it makes is undefined, whatever it is asked for. */
export class AgentMeter implements Meter {
  readonly #scope: Scope
  readonly #readers: readonly InstrumentReader[]
  readonly #observers: Set<Observer>
  /** By name in lower case; several where a program gave a name to what is not the same. */
  readonly #instruments = new Map<string, AnyInstrument[]>()
  /** By callback, to find what is to be removed. */
  readonly #callbacks = new Map<unknown, { readonly observer: Observer; readonly instruments: Set<object> }[]>()

  /** @param observers of all meters, to which this one adds its callbacks */
  constructor(scope: Scope, readers: readonly InstrumentReader[], observers: Set<Observer>) {
    this.#scope = scope
    this.#readers = readers
    this.#observers = observers
  }

  createCounter(name: string, options?: MetricOptions): SyncInstrument {
    return this.#sync('counter', name, options)
  }

  createUpDownCounter(name: string, options?: MetricOptions): SyncInstrument {
    return this.#sync('up_down_counter', name, options)
  }

  createHistogram(name: string, options?: AgentMetricOptions): SyncInstrument {
    return this.#sync('histogram', name, options)
  }

  createGauge(name: string, options?: MetricOptions): SyncInstrument {
    return this.#sync('gauge', name, options)
  }

  createObservableCounter(name: string, options?: MetricOptions): ObservableInstrument {
    return this.#observable('observable_counter', name, options)
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): ObservableInstrument {
    return this.#observable('observable_up_down_counter', name, options)
  }

  createObservableGauge(name: string, options?: AgentMetricOptions): ObservableInstrument {
    return this.#observable('observable_gauge', name, options)
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const instruments = new Set<object>(observables)
    if (typeof callback !== 'function' || this.#find(callback, instruments) !== undefined) return
    this.#add(callback, instruments, (observe) => {
      const result: BatchObservableResult = {
        observe: (instrument, value, attributes) => {
          if (instruments.has(instrument)) observe(instrument, value, attributes as Attributes | undefined)
        },
      }
      return callback(result)
    })
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    this.#remove(callback, new Set<object>(observables))
  }

  /**
   * Has `work` asked at each collection, for the agent itself: it learns which reader asks, and may tell of the time since
   * that one has asked before.
   */
  observe(work: (observe: Observe, reader: object) => void): void {
    this.#add(work, new Set(), work, true)
  }

  /** The instrument that stands here for one of another thread. */
  counterpart(descriptor: Descriptor): AnyInstrument {
    const { kind, name, description, unit, isInt, boundaries, isBackground, ofPeriods } = descriptor
    const valueType = isInt ? INT : undefined
    const advice = { explicitBucketBoundaries: [...boundaries] }
    const type = valueType === undefined ? {} : { valueType }
    const options = { description, unit, isBackground, ofPeriods, advice, ...type }
    return isObservable(kind) ? this.#observable(kind, name, options) : this.#sync(kind, name, options)
  }

  #sync(kind: InstrumentKind, name: string, options: AgentMetricOptions | undefined): SyncInstrument {
    return this.#instrument(kind, name, options, SyncInstrument, (descriptor, isValid) => {
      const readers = isValid ? this.#readers : []
      return new SyncInstrument(
        descriptor,
        readers.flatMap((reader) => reader.storesFor(this.#scope, descriptor)),
      )
    })
  }

  #observable(kind: InstrumentKind, name: string, options: AgentMetricOptions | undefined): ObservableInstrument {
    return this.#instrument(kind, name, options, ObservableInstrument, (descriptor, isValid) => {
      const instrument = new ObservableInstrument(descriptor, (...change) => this.#onCallback(...change))
      if (isValid) for (const reader of this.#readers) reader.addObservable(instrument, this.#scope, descriptor)
      return instrument
    })
  }

  /** The instrument that there is already, where it is the same; else a new one. */
  #instrument<Instrument extends AnyInstrument>(
    kind: InstrumentKind,
    name: unknown,
    options: AgentMetricOptions | undefined,
    type: new (...args: never[]) => Instrument,
    make: (descriptor: Descriptor, isValid: boolean) => Instrument,
  ): Instrument {
    const descriptor = describe(kind, name, options)
    if (!isInstrumentName(name)) {
      diag.warnOnce(
        `metric name ${descriptor.name}`,
        `${quoted(descriptor.name)} is no name for a metric: ${NAME_RULE}`,
      )
      return make(descriptor, false)
    }
    const key = name.toLowerCase()
    const namesakes = this.#instruments.get(key) ?? []
    const same = namesakes.find((instrument) => isSame(instrument.descriptor, descriptor))
    if (same instanceof type) return same
    if (namesakes[0] !== undefined) sayConflict(namesakes[0].descriptor, descriptor)
    // The first spelling of a name is the metric's.
    const instrument = make({ ...descriptor, name: namesakes[0]?.descriptor.name ?? name }, true)
    this.#instruments.set(key, [...namesakes, instrument])
    return instrument
  }

  #onCallback(instrument: ObservableInstrument, callback: ObservableCallback, isAdded: boolean): void {
    const instruments = new Set<object>([instrument])
    if (!isAdded) {
      this.#remove(callback, instruments)
      return
    }
    if (typeof callback !== 'function' || this.#find(callback, instruments) !== undefined) return
    this.#add(callback, instruments, (observe) =>
      callback({ observe: (value, attributes) => observe(instrument, value, attributes as Attributes | undefined) }),
    )
  }

  #add(callback: unknown, instruments: Set<object>, call: Observer['call'], isBackground = false): void {
    const observer: Observer = {
      isBackground,
      call: (observe, reader) =>
        call((instrument, value, attributes) => {
          if (!(instrument instanceof ObservableInstrument)) return
          const { descriptor } = instrument
          const checked = checkedValue(descriptor, value, descriptor.kind === 'observable_counter')
          if (checked !== undefined) observe(instrument, checked, attributes)
        }, reader),
    }
    this.#observers.add(observer)
    this.#callbacks.set(callback, [...(this.#callbacks.get(callback) ?? []), { observer, instruments }])
  }

  #find(callback: unknown, instruments: Set<object>) {
    return this.#callbacks.get(callback)?.find((known) => isSameSet(known.instruments, instruments))
  }

  #remove(callback: unknown, instruments: Set<object>): void {
    const found = this.#find(callback, instruments)
    if (found === undefined) return
    this.#observers.delete(found.observer)
    const left = (this.#callbacks.get(callback) ?? []).filter((known) => known !== found)
    if (left.length === 0) this.#callbacks.delete(callback)
    else this.#callbacks.set(callback, left)
  }
}

const NAME_RULE =
  'it takes a letter, and up to 254 letters, digits and _ . - / after it; the instrument records nothing'

function describe(kind: InstrumentKind, name: unknown, options: AgentMetricOptions | undefined): Descriptor {
  const { description, unit, valueType, advice, isBackground, ofPeriods } = options ?? {}
  return {
    kind,
    name: String(name),
    description: String(description ?? ''),
    unit: String(unit ?? ''),
    isInt: valueType === INT,
    isBackground: isBackground === true,
    ofPeriods,
    boundaries: kind === 'histogram' ? boundariesOf(name, advice?.explicitBucketBoundaries) : [],
  }
}

function boundariesOf(name: unknown, advice: unknown): readonly number[] {
  if (advice === undefined || advice === null) return DEFAULT_BOUNDARIES
  // Which the last bucket has anyway.
  const given: unknown =
    Array.isArray(advice) && advice.at(-1) === Number.POSITIVE_INFINITY ? advice.slice(0, -1) : advice
  if (areBoundaries(given)) return [...given]
  diag.warnOnce(
    `boundaries ${String(name)}`,
    `the bucket boundaries of the metric ${String(name)} are not ascending numbers; the default ones are used`,
  )
  return DEFAULT_BOUNDARIES
}

/** What identifies an instrument, and its metric for backends. Neither advice nor a description does: the first counts. */
function isSame(a: Descriptor, b: Descriptor): boolean {
  return a.kind === b.kind && a.unit === b.unit && a.isInt === b.isInt
}

function sayConflict(first: Descriptor, second: Descriptor): void {
  const difference = (['kind', 'unit'] as const).find((field) => first[field] !== second[field])
  const told =
    difference === undefined
      ? 'the type of its values'
      : `its ${difference}: ${quoted(first[difference])} and ${quoted(second[difference])}`
  diag.warnOnce(
    `conflict ${first.name}`,
    `two instruments have the name ${first.name} and differ in ${told}; both are exported, and backends may mix them up`,
  )
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}

function isSameSet(a: Set<object>, b: Set<object>): boolean {
  return a.size === b.size && [...a].every((member) => b.has(member))
}
