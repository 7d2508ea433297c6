import type { AttributeList } from '../trace/attributes.js'
import type { Reservoir } from './exemplars.js'
import type { Point } from './points.js'

/** A histogram with explicit bucket boundaries. Bucket i holds what is above bound i - 1 and not above bound i. */
export class HistogramPoint implements Point {
  readonly attributes: Readonly<AttributeList>
  readonly exemplars: Reservoir | undefined
  readonly boundaries: readonly number[]
  /** One more than boundaries. */
  readonly counts: number[] = []
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY

  constructor(attributes: Readonly<AttributeList>, exemplars: Reservoir | undefined, boundaries: readonly number[]) {
    this.attributes = attributes
    this.exemplars = exemplars
    this.boundaries = boundaries
    for (let i = 0; i <= boundaries.length; i++) this.counts.push(0)
  }

  record(value: number): number {
    const bucket = bucketOf(this.boundaries, value)
    this.counts[bucket]!++
    this.count++
    this.sum += value
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    return bucket
  }
}

/** By halves: four steps for the boundaries that the conventions have. */
function bucketOf(boundaries: readonly number[], value: number): number {
  let low = 0
  let high = boundaries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value <= boundaries[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
