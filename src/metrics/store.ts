import type { Attributes, Context, Span } from '@opentelemetry/api'
import { spanOf } from '../context/context.js'
import { activeContext } from '../context/manager.js'
import { diag } from '../diag/diag.js'
import type { AttributeList } from '../trace/attributes.js'
import { unixMillis } from '../trace/clock.js'
import type { Scope } from '../trace/span.js'
import { AlignedReservoir, type ExemplarFilter, endBy, FixedReservoir, isSampled, type Reservoir } from './exemplars.js'
import { ExponentialHistogramPoint } from './exponential-histogram.js'
import { HistogramPoint } from './histogram.js'
import type { Descriptor } from './instrument.js'
import { DELTA, type Metric, type MetricHead, type Temporality } from './metric.js'
import { LastValuePoint, type Point, SumPoint } from './points.js'
import { SeriesMap } from './series.js'

/** SPEC metrics/sdk.md#cardinality-limits: sets of attributes for each instrument. */
export const CARDINALITY_LIMIT = 2000
/** Exemplars of an exponential histogram: the specification asks for 20 at most. */
const EXPONENTIAL_EXEMPLARS = 20

export type HistogramAggregation = 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram'

/** What a reader wants to have of an instrument. */
export interface StreamSettings {
  readonly temporality: Temporality
  readonly histograms: HistogramAggregation
  readonly exemplars: ExemplarFilter
  /** For readers that others than this process ask, in their own time: exemplars stay until newer ones come. */
  readonly keepsExemplars: boolean
}

/** What the measurements of one synchronous instrument have come to for one reader. */
export class Store {
  /** Becomes another when all points are forgotten: who holds on to one has to ask for a new one. */
  generation = 0
  /** Measurements have come since the last collection. */
  touched = false
  readonly #scope: Scope
  readonly #descriptor: Descriptor
  readonly #settings: StreamSettings
  readonly #data: Metric['data']
  readonly #series: SeriesMap<Point>
  readonly #takesAll: boolean
  #startMillis: number

  constructor(scope: Scope, descriptor: Descriptor, settings: StreamSettings, startMillis: number) {
    this.#scope = scope
    this.#descriptor = descriptor
    this.#settings = settings
    this.#data = dataOf(descriptor, settings)
    this.#takesAll = settings.exemplars === 'always_on'
    this.#startMillis = startMillis
    this.#series = new SeriesMap(
      (attributes) => this.#newPoint(attributes),
      CARDINALITY_LIMIT,
      () => sayOverflow(descriptor),
    )
  }

  get isBackground(): boolean {
    return this.#descriptor.isBackground
  }

  record(value: number, attributes: Attributes | undefined, context: Context | undefined): void {
    const point = this.#series.find(attributes)
    const bucket = point.record(value)
    this.touched = true
    const { exemplars } = point
    if (exemplars === undefined) return
    const span = spanOf(context ?? activeContext())
    if (this.#takesAll || isSampled(span)) exemplars.offer(bucket, value, unixMillis(), span)
  }

  /** The point of attributes that the agent itself has made, valid for this `generation`. */
  pointOf(attributes: Readonly<AttributeList>): Point {
    return this.#series.of(attributes)
  }

  /** `point` is one of this store's; `span` that in which the measurement was made; `timeMillis` 0 for now. */
  recordIn(point: Point, value: number, timeMillis: number, span: Span | undefined): void {
    const bucket = point.record(value)
    this.touched = true
    const { exemplars } = point
    if (exemplars !== undefined && (this.#takesAll || isSampled(span)))
      exemplars.offer(bucket, value, timeMillis === 0 ? unixMillis() : timeMillis, span)
  }

  /** Undefined where nothing has been measured. */
  metric(timeMillis: number): Metric | undefined {
    const points = this.#series.all()
    if (points.length === 0) return undefined
    for (const { exemplars } of points) if (exemplars !== undefined) endBy(timeMillis, exemplars)
    return {
      scope: this.#scope,
      descriptor: this.#descriptor,
      data: this.#data,
      temporality: this.#settings.temporality,
      startMillis: this.#startMillis,
      timeMillis: Math.max(timeMillis, this.#startMillis),
      points,
    } as MetricHead as Metric
  }

  /** Ends a collection of that time: what it has seen has been taken. */
  collected(timeMillis: number): void {
    this.touched = false
    if (this.#settings.temporality === DELTA) {
      this.#startMillis = Math.max(timeMillis, this.#startMillis)
      this.#series.clear()
      this.generation++
    } else if (!this.#settings.keepsExemplars) {
      for (const { exemplars } of this.#series.all()) exemplars?.reset()
    }
  }

  #newPoint(attributes: Readonly<AttributeList>): Point {
    const { boundaries } = this.#descriptor
    switch (this.#data) {
      case 'sum':
        return new SumPoint(attributes, this.#reservoir(1))
      case 'gauge':
        return new LastValuePoint(attributes, this.#reservoir(1))
      case 'histogram':
        return new HistogramPoint(attributes, this.#alignedReservoir(), boundaries)
      case 'exponential_histogram':
        return new ExponentialHistogramPoint(attributes, this.#reservoir(EXPONENTIAL_EXEMPLARS))
    }
  }

  #reservoir(size: number): Reservoir | undefined {
    return this.#settings.exemplars === 'always_off' ? undefined : new FixedReservoir(size)
  }

  #alignedReservoir(): Reservoir | undefined {
    if (this.#settings.exemplars === 'always_off') return undefined
    return new AlignedReservoir(this.#descriptor.boundaries.length + 1)
  }
}

export function dataOf({ kind }: Descriptor, { histograms }: Pick<StreamSettings, 'histograms'>): Metric['data'] {
  switch (kind) {
    case 'histogram':
      return histograms === 'explicit_bucket_histogram' ? 'histogram' : 'exponential_histogram'
    case 'gauge':
    case 'observable_gauge':
      return 'gauge'
    default:
      return 'sum'
  }
}

export function sayOverflow({ name }: Descriptor): void {
  diag.warnOnce(
    `overflow ${name}`,
    `the metric ${name} has more than ${CARDINALITY_LIMIT} sets of attributes; further ones are counted as otel.metric.overflow`,
  )
}
