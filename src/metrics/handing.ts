import type { Attributes, Context, Span } from '@opentelemetry/api'
import { spanOf } from '../context/context.js'
import { activeContext } from '../context/manager.js'
import type { AttributeList } from '../trace/attributes.js'
import { unixMillis } from '../trace/clock.js'
import { identityOf } from '../trace/identity.js'
import type { Scope } from '../trace/span.js'
import { type ExemplarFilter, isSampled } from './exemplars.js'
import type { Descriptor } from './instrument.js'
import type { Recorder } from './instruments.js'
import {
  encodeAnnouncement,
  encodeMeasurement,
  type MeasuredIn,
  type ObservedMetric,
  THREAD_ID,
} from './measurement-message.js'
import type { Metric } from './metric.js'
import type { Point } from './points.js'
import { type InstrumentReader, MetricReader, type Observer } from './reader.js'
import { listOf, SeriesMap } from './series.js'
import { CARDINALITY_LIMIT } from './stream.js'

export interface HandingSettings {
  /** False where there is no room: then it has not been handed over. */
  readonly hand: (message: Uint8Array) => boolean
  /** Readers of this thread's own, for what the other has no room for. */
  readonly own: () => readonly InstrumentReader[]
  readonly exemplars: ExemplarFilter
  readonly threadId: number
}

/**
 * In a worker thread, in the place of readers: hands each measurement over to the thread that made this one, at once, which
 * counts it as one of its own. So there is one writer of each metric in a process, and what was measured is not lost
 * with a thread that is terminated. What cannot be added up, values of gauges and of whatever is observed, has
 * `thread.id` besides.
 */
export class HandingReader implements InstrumentReader {
  readonly #settings: HandingSettings
  /** Of the observable instruments, which are asked here. */
  readonly #observed: MetricReader
  #observers: ReadonlySet<Observer> = new Set()
  #instruments = 0

  constructor(settings: HandingSettings) {
    this.#settings = settings
    this.#observed = new MetricReader({
      temporality: 'cumulative',
      histograms: 'explicit_bucket_histogram',
      exemplars: 'always_off',
      keepsExemplars: false,
    })
  }

  attach(observers: ReadonlySet<Observer>): void {
    this.#observers = observers
    this.#observed.attach(observers)
  }

  storesFor(scope: Scope, descriptor: Descriptor): readonly Recorder[] {
    return [new HandingRecorder(this.#settings, this.#instruments++, scope, descriptor)]
  }

  addObservable(instrument: object, scope: Scope, descriptor: Descriptor): void {
    this.#observed.addObservable(instrument, scope, descriptor)
  }

  /** Hands over what is observed now, and waits for callbacks `timeoutMillis` at most. Never rejects. */
  async observe(timeoutMillis: number): Promise<void> {
    const observed: ObservedMetric[] = []
    await this.#observed.collect(timeoutMillis, (metric) => observed.push(this.#copyOf(metric)))
    this.#hand(observed)
  }

  /** The same at once: what is observed later is lost. Never throws. */
  observeNow(): void {
    const observed: ObservedMetric[] = []
    this.#observed.collectNow((metric) => observed.push(this.#copyOf(metric)))
    this.#hand(observed)
  }

  /** Where there is no room, there will be the next time: it is all that there is to be told. */
  #hand(observed: readonly ObservedMetric[]): void {
    if (this.#observers.size > 0) this.#settings.hand(encodeAnnouncement({ observed }))
  }

  #copyOf({ scope, descriptor, points }: Metric): ObservedMetric {
    return {
      scope,
      descriptor,
      points: points.map((point) => ({
        attributes: withThread(point.attributes, this.#settings.threadId),
        value: (point as { value?: number }).value ?? 0,
      })),
    }
  }
}

/** A program may tell it itself. */
function withThread(attributes: Readonly<AttributeList>, threadId: number): Readonly<AttributeList> {
  const isTold = attributes.some((key, i) => i % 2 === 0 && key === THREAD_ID)
  return isTold ? attributes : [...attributes, THREAD_ID, threadId]
}

/** A set of attributes; what is measured with them is added up elsewhere. */
class HandedSeries implements Point {
  readonly attributes: Readonly<AttributeList>
  readonly exemplars = undefined
  /** Once it has been told. */
  number: number | undefined

  constructor(attributes: Readonly<AttributeList>) {
    this.attributes = attributes
  }

  record(): number {
    return 0
  }
}

let seriesTold = 0

/** The measurements of one instrument. */
class HandingRecorder implements Recorder {
  readonly generation = 0
  /** The thread may be terminated at any moment. */
  readonly canWait = false
  readonly isSum = false
  readonly #settings: HandingSettings
  readonly #number: number
  readonly #scope: Scope
  readonly #descriptor: Descriptor
  /** What threads tell of themselves cannot be added up. */
  readonly #isOfThread: boolean
  readonly #series: SeriesMap<HandedSeries>
  #isTold = false
  #own: readonly Recorder[] | undefined

  constructor(settings: HandingSettings, number: number, scope: Scope, descriptor: Descriptor) {
    this.#settings = settings
    this.#number = number
    this.#scope = scope
    this.#descriptor = descriptor
    this.#isOfThread = descriptor.kind === 'gauge'
    this.#series = new SeriesMap(
      (attributes) => new HandedSeries(attributes),
      CARDINALITY_LIMIT,
      () => {},
    )
  }

  record(value: number, attributes: Attributes | undefined, context: Context | undefined): void {
    const all = this.#isOfThread ? { [THREAD_ID]: this.#settings.threadId, ...attributes } : attributes
    const series = this.#series.find(all)
    const exemplar = this.#exemplarOf(spanOf(context ?? activeContext()), 0)
    const isHanded = this.#series.isOverflow(series)
      ? this.#handUnlisted(listOf(all), value, exemplar)
      : this.#hand(series, value, exemplar)
    if (!isHanded) for (const own of this.#ownRecorders()) own.record(value, attributes, context)
  }

  pointOf(attributes: Readonly<AttributeList>): Point {
    const all = this.#isOfThread ? withThread(attributes, this.#settings.threadId) : attributes
    const series = this.#series.of(all)
    return this.#series.isOverflow(series) ? new HandedSeries(all) : series
  }

  /** What the thread that counts has is not for this one to forget. */
  retire(): void {}

  droppedOf(): Readonly<AttributeList> {
    return []
  }

  recordIn(point: Point, value: number, timeMillis: number, span: Span | undefined): void {
    const series = point as HandedSeries
    const exemplar = this.#exemplarOf(span, timeMillis)
    if (this.#hand(series, value, exemplar)) return
    for (const own of this.#ownRecorders()) {
      own.recordIn(own.pointOf(series.attributes), value, timeMillis, span, own.droppedOf(series.attributes))
    }
  }

  #exemplarOf(span: Span | undefined, timeMillis: number): MeasuredIn | undefined {
    const { exemplars } = this.#settings
    if (exemplars === 'always_off' || (exemplars === 'trace_based' && !isSampled(span))) return undefined
    const { traceId, spanId } = identityOf(span) ?? { traceId: '', spanId: '' }
    return { timeMillis: timeMillis === 0 ? unixMillis() : timeMillis, traceId, spanId }
  }

  #hand(series: HandedSeries, value: number, exemplar: MeasuredIn | undefined): boolean {
    if (series.number === undefined && !this.#tell(series)) return false
    return this.#settings.hand(encodeMeasurement(series.number ?? 0, value, exemplar))
  }

  #tell(series: HandedSeries): boolean {
    if (!this.#tellInstrument()) return false
    const { attributes } = series
    if (!this.#settings.hand(encodeAnnouncement({ series: seriesTold, of: this.#number, attributes }))) return false
    series.number = seriesTold++
    return true
  }

  #tellInstrument(): boolean {
    this.#isTold ||= this.#settings.hand(
      encodeAnnouncement({ instrument: this.#number, scope: this.#scope, descriptor: this.#descriptor }),
    )
    return this.#isTold
  }

  #handUnlisted(attributes: Readonly<AttributeList>, value: number, exemplar: MeasuredIn | undefined): boolean {
    if (!this.#tellInstrument()) return false
    return this.#settings.hand(encodeAnnouncement({ of: this.#number, attributes, value, exemplar }))
  }

  #ownRecorders(): readonly Recorder[] {
    this.#own ??= this.#settings.own().flatMap((reader) => reader.storesFor(this.#scope, this.#descriptor))
    return this.#own
  }
}
