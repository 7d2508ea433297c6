import type {
  Attributes,
  Context,
  Counter,
  Gauge,
  Histogram,
  Observable,
  ObservableCallback,
  Span,
  UpDownCounter,
} from '@opentelemetry/api'
import { diag } from '../diag/diag.js'
import type { AttributeList } from '../trace/attributes.js'
import { isSampled } from './exemplars.js'
import type { Descriptor } from './instrument.js'
import { note, settle, type Taker } from './measured.js'
import type { Point } from './points.js'

/** Where the measurements of an instrument go: see store.ts, and handing.ts for threads whose maker counts them. */
export interface Recorder {
  /** Becomes another when all points are forgotten: who holds on to one has to ask for a new one. */
  readonly generation: number
  /** Whether measurements may be told some time later, as long as that is before anybody asks. */
  readonly canWait: boolean
  /** Whether nothing but the sum of measurements is kept. */
  readonly isSum: boolean
  record(value: number, attributes: Attributes | undefined, context: Context | undefined): void
  /** The point of attributes that the agent itself has made, valid for this `generation`. */
  pointOf(attributes: Readonly<AttributeList>): Point
  /** Forgets what has these attributes, once it has been told for the last time: nobody measures it any more. */
  retire(attributes: Readonly<AttributeList>): void
  /** The attributes that a point of these does not have. */
  droppedOf(attributes: Readonly<AttributeList>): Readonly<AttributeList>
  /** `point` is one of this recorder's; `span` that in which the measurement was made; `timeMillis` 0 for now. */
  recordIn(
    point: Point,
    value: number,
    timeMillis: number,
    span: Span | undefined,
    dropped: Readonly<AttributeList>,
  ): void
}

/** An instrument whose measurements are made where things happen. None of its methods throws. */
export class SyncInstrument implements Counter, UpDownCounter, Histogram, Gauge {
  readonly descriptor: Descriptor
  /** Those of each reader: one, or as many as views ask for. */
  readonly #stores: readonly Recorder[]
  /** Values that are refused: what only goes up takes none below 0. */
  readonly #isNonNegative: boolean

  constructor(descriptor: Descriptor, stores: readonly Recorder[]) {
    this.descriptor = descriptor
    this.#stores = stores
    this.#isNonNegative = descriptor.kind === 'counter' || descriptor.kind === 'histogram'
  }

  add(value: number, attributes?: Attributes, context?: Context): void {
    this.record(value, attributes, context)
  }

  record(value: number, attributes?: Attributes, context?: Context): void {
    const checked = checkedValue(this.descriptor, value, this.#isNonNegative)
    if (checked === undefined) return
    try {
      for (const store of this.#stores) store.record(checked, attributes, context)
    } catch (error) {
      diag.fault(`the metric ${this.descriptor.name}`, error)
    }
  }

  /** For measurements whose attributes are the same each time: they are looked up once. The list must not change. */
  bind(attributes: Readonly<AttributeList>): BoundInstrument {
    return new BoundInstrument(this.#stores, attributes)
  }
}

/** An instrument with its attributes. Values are the agent's own and not checked. */
export class BoundInstrument {
  readonly #stores: readonly Recorder[]
  readonly #attributes: Readonly<AttributeList>
  readonly #points: (Point | undefined)[] = []
  readonly #dropped: Readonly<AttributeList>[] = []
  readonly #generations: number[] = []
  readonly #canWait: boolean
  /** Undefined where each measurement counts. */
  readonly #changes: Changes | undefined

  constructor(stores: readonly Recorder[], attributes: Readonly<AttributeList>) {
    this.#stores = stores
    this.#attributes = attributes
    this.#canWait = stores.every(({ canWait }) => canWait)
    this.#changes = this.#canWait && stores.every(({ isSum }) => isSum) ? new Changes(this) : undefined
    for (const store of stores) {
      this.#points.push(undefined)
      this.#dropped.push(store.droppedOf(attributes))
      this.#generations.push(-1)
    }
  }

  /** `timeMillis` is when, in Unix milliseconds or 0 for now, and `span` that in which it was measured; for exemplars. */
  record(value: number, timeMillis: number, span: Span | undefined): void {
    if (this.#canWait) note(this, value, timeMillis, isSampled(span) ? span : undefined)
    else this.take(value, timeMillis, span)
  }

  /** A change of a sum, which becomes no exemplar. */
  add(change: number): void {
    if (this.#changes === undefined) this.record(change, 0, undefined)
    else this.#changes.add(change)
  }

  /** Puts a measurement where it belongs. */
  take(value: number, timeMillis: number, span: Span | undefined): void {
    const stores = this.#stores
    for (let i = 0; i < stores.length; i++) {
      const store = stores[i]!
      let point = this.#points[i]
      if (point === undefined || this.#generations[i] !== store.generation) {
        point = store.pointOf(this.#attributes)
        this.#points[i] = point
        this.#generations[i] = store.generation
      }
      store.recordIn(point, value, timeMillis, span, this.#dropped[i]!)
    }
  }

  /** Has the point forgotten when it has been told for the last time; not where a view has others share it. */
  retire(): void {
    settle()
    for (const store of this.#stores) store.retire(this.#attributes)
  }
}

/** Changes of a sum that wait together, as one measurement. */
class Changes implements Taker {
  readonly #of: BoundInstrument
  #sum = 0
  #isNoted = false

  constructor(of: BoundInstrument) {
    this.#of = of
  }

  add(change: number): void {
    this.#sum += change
    if (this.#isNoted) return
    this.#isNoted = true
    note(this, 0, 0, undefined)
  }

  take(): void {
    const sum = this.#sum
    this.#sum = 0
    this.#isNoted = false
    this.#of.take(sum, 0, undefined)
  }
}

/** An instrument whose callbacks are asked at each collection. */
export class ObservableInstrument implements Observable {
  readonly descriptor: Descriptor
  readonly #onCallback: (instrument: ObservableInstrument, callback: ObservableCallback, isAdded: boolean) => void

  constructor(
    descriptor: Descriptor,
    onCallback: (instrument: ObservableInstrument, callback: ObservableCallback, isAdded: boolean) => void,
  ) {
    this.descriptor = descriptor
    this.#onCallback = onCallback
  }

  addCallback(callback: ObservableCallback): void {
    this.#onCallback(this, callback, true)
  }

  removeCallback(callback: ObservableCallback): void {
    this.#onCallback(this, callback, false)
  }
}

/** The value as it counts; undefined, and said once for each instrument, where it is none. */
export function checkedValue(descriptor: Descriptor, value: number, isNonNegative: boolean): number | undefined {
  if (!Number.isFinite(value) || (isNonNegative && value < 0)) {
    diag.warnOnce(
      `value ${descriptor.name}`,
      `the metric ${descriptor.name} was given ${shown(value)}, which is ${Number.isFinite(value) ? 'below 0' : 'no finite number'}; such values are ignored`,
    )
    return undefined
  }
  if (!descriptor.isInt || Number.isInteger(value)) return value
  diag.warnOnce(
    `fraction ${descriptor.name}`,
    `the metric ${descriptor.name} is of whole numbers and was given ${value}; fractions are cut off`,
  )
  return Math.trunc(value)
}

/** Not every value has a text: a symbol has none. */
function shown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : `a value of type ${typeof value}`
}
