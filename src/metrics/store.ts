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
import type { Recorder } from './instruments.js'
import { DELTA, type Metric, type MetricHead, type Temporality } from './metric.js'
import { LastValuePoint, type Point, SumPoint } from './points.js'
import { listOf, SeriesMap } from './series.js'
import type { Stream } from './stream.js'

/** Exemplars of an exponential histogram: the specification asks for 20 at most. */
const EXPONENTIAL_EXEMPLARS = 20
const NONE: Readonly<AttributeList> = []

/** What a reader wants to have of an instrument. */
export interface StreamSettings {
  readonly temporality: Temporality
  readonly exemplars: ExemplarFilter
  /** For readers that others than this process ask, in their own time: exemplars stay until newer ones come. */
  readonly keepsExemplars: boolean
  /** Undefined where attributes stay as they are. */
  readonly redact?: ((attributes: Readonly<AttributeList>) => Readonly<AttributeList>) | undefined
}

/** What the measurements of one synchronous instrument have come to for one reader. */
export class Store implements Recorder {
  generation = 0
  readonly canWait: boolean
  readonly isSum: boolean
  /** Measurements have come since the last collection. */
  touched = false
  readonly #scope: Scope
  readonly #stream: Stream
  readonly #settings: StreamSettings
  readonly #series: SeriesMap<Point>
  /** Points that are told once more. */
  readonly #retired = new Set<Point>()
  readonly #takesAll: boolean
  readonly #keeps: Stream['keeps']
  #startMillis: number

  constructor(scope: Scope, stream: Stream, settings: StreamSettings, startMillis: number) {
    this.#scope = scope
    this.#stream = stream
    this.#settings = settings
    this.#takesAll = settings.exemplars === 'always_on'
    // Where each may become an exemplar, each has to know when it was made.
    this.canWait = !this.#takesAll
    this.isSum = stream.data === 'sum'
    this.#keeps = stream.keeps
    this.#startMillis = startMillis
    this.#series = new SeriesMap(
      (attributes) => this.#newPoint(attributes),
      stream.cardinalityLimit,
      () => sayOverflow(stream),
      settings.redact,
    )
  }

  get isBackground(): boolean {
    return this.#stream.descriptor.isBackground
  }

  record(value: number, attributes: Attributes | undefined, context: Context | undefined): void {
    const keeps = this.#keeps
    const kept = keeps === undefined ? attributes : keptOf(attributes, keeps)
    const point = this.#series.find(kept)
    const bucket = point.record(value)
    this.touched = true
    const { exemplars } = point
    if (exemplars === undefined) return
    const span = spanOf(context ?? activeContext())
    if (!this.#takesAll && !isSampled(span)) return
    const dropped = keeps === undefined ? NONE : this.#redacted(listOf(keptOf(attributes, (key) => !keeps(key))))
    exemplars.offer(bucket, value, unixMillis(), span, dropped)
  }

  pointOf(attributes: Readonly<AttributeList>): Point {
    const keeps = this.#keeps
    return this.#series.of(keeps === undefined ? attributes : listed(attributes, keeps))
  }

  droppedOf(attributes: Readonly<AttributeList>): Readonly<AttributeList> {
    const keeps = this.#keeps
    return keeps === undefined ? NONE : this.#redacted(listed(attributes, (key) => !keeps(key)))
  }

  retire(attributes: Readonly<AttributeList>): void {
    const point = this.#series.known(attributes)
    if (point !== undefined) this.#retired.add(point)
  }

  #forgetRetired(): void {
    const retired = this.#retired
    if (retired.size === 0) return
    this.#series.forget((point) => retired.has(point))
    retired.clear()
    this.generation++
  }

  #redacted(attributes: Readonly<AttributeList>): Readonly<AttributeList> {
    return this.#settings.redact?.(attributes) ?? attributes
  }

  recordIn(
    point: Point,
    value: number,
    timeMillis: number,
    span: Span | undefined,
    dropped: Readonly<AttributeList>,
  ): void {
    const bucket = point.record(value)
    this.touched = true
    const { exemplars } = point
    if (exemplars !== undefined && (this.#takesAll || isSampled(span)))
      exemplars.offer(bucket, value, timeMillis === 0 ? unixMillis() : timeMillis, span, dropped)
  }

  /** Undefined where nothing has been measured. */
  metric(timeMillis: number): Metric | undefined {
    const points = this.#series.all()
    if (points.length === 0) return undefined
    for (const { exemplars } of points) if (exemplars !== undefined) endBy(timeMillis, exemplars)
    this.#startMillis = startBy(timeMillis, this.#startMillis)
    return {
      scope: this.#scope,
      descriptor: this.#stream.descriptor,
      data: this.#stream.data,
      tellsMinMax: this.#stream.tellsMinMax,
      temporality: this.#settings.temporality,
      startMillis: this.#startMillis,
      timeMillis,
      points,
    } as MetricHead as Metric
  }

  /** Ends a collection of that time: what it has seen has been taken. */
  collected(timeMillis: number): void {
    this.touched = false
    if (this.#settings.temporality === DELTA) {
      this.#startMillis = timeMillis
      this.#series.clear()
      this.#retired.clear()
      this.generation++
      return
    }
    this.#forgetRetired()
    const { keepsExemplars } = this.#settings
    for (const { exemplars } of this.#series.all()) {
      if (keepsExemplars) exemplars?.renew()
      else exemplars?.reset()
    }
  }

  #newPoint(attributes: Readonly<AttributeList>): Point {
    const { data, descriptor, maxScale, maxBuckets } = this.#stream
    switch (data) {
      case 'sum':
        return new SumPoint(attributes, this.#reservoir(1))
      case 'gauge':
        return new LastValuePoint(attributes, this.#reservoir(1))
      case 'histogram':
        return new HistogramPoint(attributes, this.#alignedReservoir(), descriptor.boundaries)
      case 'exponential_histogram': {
        const exemplars = this.#reservoir(Math.min(EXPONENTIAL_EXEMPLARS, maxBuckets))
        return new ExponentialHistogramPoint(attributes, exemplars, maxScale, maxBuckets)
      }
    }
  }

  #reservoir(size: number): Reservoir | undefined {
    return this.#settings.exemplars === 'always_off' ? undefined : new FixedReservoir(size)
  }

  #alignedReservoir(): Reservoir | undefined {
    if (this.#settings.exemplars === 'always_off') return undefined
    return new AlignedReservoir(this.#stream.descriptor.boundaries.length + 1)
  }
}

/** When a period began that ends at `timeMillis`: where the clock was set back behind its start, it begins anew. */
export function startBy(timeMillis: number, startMillis: number): number {
  return Math.min(startMillis, timeMillis)
}

/** The attributes whose keys are kept. */
export function keptOf(attributes: Attributes | undefined, keeps: (key: string) => boolean): Attributes {
  return Object.fromEntries(Object.entries(attributes ?? {}).filter(([key]) => keeps(key)))
}

function listed(attributes: Readonly<AttributeList>, keeps: (key: string) => boolean): Readonly<AttributeList> {
  return attributes.filter((_, i) => keeps(String(attributes[i - (i % 2)])))
}

export function sayOverflow({ descriptor: { name }, cardinalityLimit }: Stream): void {
  diag.warnOnce(
    `overflow ${name}`,
    `the metric ${name} has more than ${cardinalityLimit} sets of attributes; further ones are counted as otel.metric.overflow`,
  )
}
