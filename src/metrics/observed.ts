import type { Attributes } from '@opentelemetry/api'
import type { AttributeList } from '../trace/attributes.js'
import type { Scope } from '../trace/span.js'
import { DELTA, type Metric, type MetricHead } from './metric.js'
import { LastValuePoint } from './points.js'
import { keyOf, listOf, SeriesMap } from './series.js'
import { keptOf, type StreamSettings, sayOverflow, startBy } from './store.js'
import type { Stream } from './stream.js'

/** What was told of attributes in the last collection, for sums of what has come since. */
class ObservedPoint extends LastValuePoint {
  /** In the collection under way. */
  isObserved = false
  /** The sum as it was told the last time. */
  before = 0
  /** What it is made of in the collection under way, by the attributes as they were given; where not all of them are kept. */
  readonly parts = new Map<string, number>()
}

/** What the callbacks of one observable instrument have told one reader. */
export class ObservedStore {
  readonly #scope: Scope
  readonly #stream: Stream
  readonly #settings: StreamSettings
  readonly #series: SeriesMap<ObservedPoint>
  #startMillis: number

  constructor(scope: Scope, stream: Stream, settings: StreamSettings, startMillis: number) {
    this.#scope = scope
    this.#stream = stream
    this.#settings = settings
    this.#startMillis = startMillis
    this.#series = new SeriesMap(newPoint, stream.cardinalityLimit, () => sayOverflow(stream), settings.redact)
  }

  /**
   * The last word on the same attributes counts; those for which there is no place of their own are added up, and so are
   * sums that differ in what is not kept.
   */
  observe(value: number, attributes: Attributes | undefined): void {
    const { keeps, data } = this.#stream
    const point = this.#series.find(keeps === undefined ? attributes : keptOf(attributes, keeps))
    const isLess = keeps !== undefined || this.#settings.redact !== undefined
    const sum = point.isObserved ? point.value : 0
    if (this.#series.isOverflow(point)) point.value = sum + value
    else if (isLess && data === 'sum') point.value = sum + growth(point, value, attributes)
    else point.value = value
    point.isObserved = true
  }

  /** What has been observed since the last collection; undefined where that is nothing. */
  metric(timeMillis: number): Metric | undefined {
    const points = this.#series.all().filter(({ isObserved }) => isObserved)
    if (points.length === 0) return undefined
    const { temporality } = this.#settings
    this.#startMillis = startBy(timeMillis, this.#startMillis)
    return {
      scope: this.#scope,
      descriptor: this.#stream.descriptor,
      data: this.#stream.data,
      temporality,
      startMillis: this.#startMillis,
      timeMillis,
      points: this.#stream.data === 'sum' && temporality === DELTA ? points.map(difference) : points,
    } as MetricHead as Metric
  }

  collected(timeMillis: number): void {
    this.#forgetUnobserved()
    for (const point of this.#series.all()) {
      if (point.isObserved) point.before = point.value
      point.isObserved = false
      point.parts.clear()
    }
    if (this.#settings.temporality === DELTA) this.#startMillis = timeMillis
  }

  /**
   * Of what is there no more, as threads that have ended, nothing is to take the place of what comes. Only sums as differences
   * need what they were before, for what may come back: as long as there is much room.
   */
  #forgetUnobserved(): void {
    const points = this.#series.all()
    if (points.every(({ isObserved }) => isObserved)) return
    const needsSums = this.#stream.data === 'sum' && this.#settings.temporality === DELTA
    if (needsSums && points.length * 2 <= this.#stream.cardinalityLimit) return
    this.#series.forget(({ isObserved }) => !isObserved)
  }
}

/** By what a part makes the sum more, of which the last word counts too. */
function growth({ parts }: ObservedPoint, value: number, attributes: Attributes | undefined): number {
  const key = keyOf(listOf(attributes))
  const before = parts.get(key) ?? 0
  parts.set(key, value)
  return value - before
}

function newPoint(attributes: Readonly<AttributeList>): ObservedPoint {
  return new ObservedPoint(attributes, undefined)
}

/** A sum that is smaller than before has begun anew. */
function difference({ attributes, value, before }: ObservedPoint): LastValuePoint {
  const point = new LastValuePoint(attributes, undefined)
  point.value = value < before ? value : value - before
  return point
}
