import type { ObservedMetric } from './measurement-message.js'
import { keyOf } from './series.js'

/**
 * What a thread has observed, for readers that ask in their own time: what one has missed of periods is not lost, as
 * the longest delay of an event loop in the time since that reader has asked before.
 */
export class Observations {
  #last: readonly ObservedMetric[] = []
  /** For readers that have not asked yet. */
  #all: readonly ObservedMetric[] = []
  readonly #missed = new Map<object, readonly ObservedMetric[]>()

  add(observed: readonly ObservedMetric[]): void {
    this.#last = observed
    this.#all = united(this.#all, observed)
    for (const [reader, missed] of this.#missed) this.#missed.set(reader, united(missed, observed))
  }

  /** For a reader that asks now: what has come since it has asked before, or else what came last. */
  take(reader: object): readonly ObservedMetric[] {
    const missed = this.#missed.get(reader) ?? this.#all
    this.#missed.set(reader, [])
    return missed.length === 0 ? this.#last : missed
  }
}

/** The later ones, and of periods what the earlier ones make of them. */
function united(earlier: readonly ObservedMetric[], later: readonly ObservedMetric[]): readonly ObservedMetric[] {
  const periods = new Map(
    earlier.filter(({ descriptor }) => descriptor.ofPeriods !== undefined).map((metric) => [nameOf(metric), metric]),
  )
  if (periods.size === 0) return later
  const all = later.map((metric) => {
    const before = periods.get(nameOf(metric))
    periods.delete(nameOf(metric))
    return before === undefined ? metric : unitedPeriods(before, metric)
  })
  return [...all, ...periods.values()]
}

function unitedPeriods(earlier: ObservedMetric, later: ObservedMetric): ObservedMetric {
  const { ofPeriods } = later.descriptor
  const choose = ofPeriods === 'least' ? Math.min : ofPeriods === 'most' ? Math.max : (_: number, last: number) => last
  const points = new Map(earlier.points.map((point) => [keyOf(point.attributes), point]))
  for (const { attributes, value } of later.points) {
    const key = keyOf(attributes)
    const before = points.get(key)
    points.set(key, { attributes, value: before === undefined ? value : choose(before.value, value) })
  }
  return { ...later, points: [...points.values()] }
}

function nameOf({ scope, descriptor }: ObservedMetric): string {
  return `${scope.name} ${descriptor.name}`
}
