import type { AttributeList } from '../trace/attributes.js'
import type { Reservoir } from './exemplars.js'
import type { Point } from './points.js'

/** SPEC metrics/sdk.md#base2-exponential-bucket-histogram-aggregation: the defaults. */
export const DEFAULT_MAX_BUCKETS = 160
export const DEFAULT_MAX_SCALE = 20

const MIN_NORMAL = 2 ** -1022
const EXPONENT_BIAS = 1023

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
/** Where the sign and the exponent are. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0

/**
 * A histogram whose buckets are as fine as so many of them can be for the values that came. The base is
 * 2^(2^-scale), and bucket i holds what is above base^i and not above base^(i + 1).
 */
export class ExponentialHistogramPoint implements Point {
  readonly attributes: Readonly<AttributeList>
  readonly exemplars: Reservoir | undefined
  scale: number
  zeroCount = 0
  /** Of positive values; there are no negative ones, for histograms take none. */
  readonly positive: Buckets
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY

  constructor(
    attributes: Readonly<AttributeList>,
    exemplars: Reservoir | undefined,
    maxScale: number,
    maxBuckets: number,
  ) {
    this.attributes = attributes
    this.exemplars = exemplars
    this.scale = maxScale
    this.positive = new Buckets(maxBuckets)
  }

  record(value: number): number {
    this.count++
    this.sum += value
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    if (value === 0) this.zeroCount++
    else this.#count(value)
    return 0
  }

  #count(value: number): void {
    let index = indexOf(value, this.scale)
    const coarser = this.positive.excess(index)
    if (coarser > 0) {
      this.scale -= coarser
      this.positive.merge(coarser)
      index >>= coarser
    }
    this.positive.count(index)
  }
}

/** Counts of adjacent buckets. */
export class Buckets {
  /** The index of the first. */
  offset = 0
  counts: number[] = []
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** By how much the scale has to go down before `index` fits in with the others. */
  excess(index: number): number {
    if (this.counts.length === 0) return 0
    let low = Math.min(this.offset, index)
    let high = Math.max(this.offset + this.counts.length - 1, index)
    let by = 0
    for (; high - low >= this.#most; by++) {
      low >>= 1
      high >>= 1
    }
    return by
  }

  count(index: number): void {
    const { counts } = this
    if (counts.length === 0) this.offset = index
    for (; index < this.offset; this.offset--) counts.unshift(0)
    const place = index - this.offset
    while (place >= counts.length) counts.push(0)
    counts[place]!++
  }

  /** Makes one bucket of each 2^`by`. */
  merge(by: number): void {
    const offset = this.offset >> by
    const merged: number[] = []
    for (let i = 0; i < this.counts.length; i++) {
      const place = ((this.offset + i) >> by) - offset
      merged[place] = (merged[place] ?? 0) + this.counts[i]!
    }
    this.offset = offset
    this.counts = merged
  }
}

/**
 * The bucket of a positive number. Powers of two are exact at every scale; between them the logarithm may be off by
 * the last bit, which the data model allows.
 */
function indexOf(value: number, scale: number): number {
  float[0] = value < MIN_NORMAL ? MIN_NORMAL : value
  const high = words[HIGH]!
  const exponent = ((high >>> 20) & 0x7ff) - EXPONENT_BIAS
  const isPowerOfTwo = (high & 0xf_ffff) === 0 && words[1 - HIGH] === 0
  if (scale <= 0) return (isPowerOfTwo ? exponent - 1 : exponent) >> -scale
  if (isPowerOfTwo) return exponent * 2 ** scale - 1
  const index = Math.floor(Math.log2(value) * 2 ** scale)
  // Not into the next power's: Math.log2 rounds up close below it.
  return Math.min(Math.max(index, exponent * 2 ** scale), (exponent + 1) * 2 ** scale - 1)
}
