import type { Scope } from '../trace/span.js'
import { DEFAULT_MAX_BUCKETS, DEFAULT_MAX_SCALE } from './exponential-histogram.js'
import type { Descriptor } from './instrument.js'
import type { Metric } from './metric.js'

/** SPEC metrics/sdk.md#cardinality-limits: sets of attributes for each instrument. */
export const CARDINALITY_LIMIT = 2000

export type HistogramAggregation = 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram'

/** What becomes of the measurements of an instrument: one metric. */
export interface Stream {
  /** The instrument's, but for what a view says otherwise. */
  readonly descriptor: Descriptor
  readonly data: Metric['data']
  /** Sets of attributes; what has others is counted in one more. */
  readonly cardinalityLimit: number
  /** Whether an attribute is kept; undefined where all are. */
  readonly keeps: ((key: string) => boolean) | undefined
  /** Of an exponential histogram. */
  readonly maxScale: number
  readonly maxBuckets: number
  /** Of histograms of both kinds: whether the smallest and the greatest value are told. */
  readonly tellsMinMax: boolean
}

/**
 * The streams of an instrument by what the user wants of it, and else as they usually are.
 *
 * @returns none where its measurements are to be dropped
 */
export type Views = (scope: Scope, descriptor: Descriptor, usual: Stream) => readonly Stream[]

export function usualStream(
  descriptor: Descriptor,
  histograms: HistogramAggregation,
  cardinalityLimit = CARDINALITY_LIMIT,
): Stream {
  return {
    descriptor,
    data: dataOf(descriptor, histograms),
    cardinalityLimit,
    keeps: undefined,
    maxScale: DEFAULT_MAX_SCALE,
    maxBuckets: DEFAULT_MAX_BUCKETS,
    tellsMinMax: true,
  }
}

function dataOf({ kind }: Descriptor, histograms: HistogramAggregation): Metric['data'] {
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
