import type { Scope } from '../trace/span.js'
import type { ExponentialHistogramPoint } from './exponential-histogram.js'
import type { HistogramPoint } from './histogram.js'
import type { Descriptor } from './instrument.js'
import type { NumberPoint } from './points.js'

/** `AggregationTemporality` of OTLP: since the last collection, or since the start. */
export const DELTA = 1
export const CUMULATIVE = 2
export type Temporality = typeof DELTA | typeof CUMULATIVE

/** What one instrument has come to, as exporters see it: only until the collection ends, for points go on to count. */
export type Metric = NumberMetric | HistogramMetric | ExponentialHistogramMetric

export interface MetricHead {
  readonly scope: Scope
  readonly descriptor: Descriptor
  readonly temporality: Temporality
  /** Unix milliseconds, as all times here. */
  readonly startMillis: number
  /** Not before the start. */
  readonly timeMillis: number
}

export interface NumberMetric extends MetricHead {
  readonly data: 'sum' | 'gauge'
  readonly points: readonly NumberPoint[]
}

export interface HistogramMetric extends MetricHead {
  readonly data: 'histogram'
  readonly tellsMinMax: boolean
  readonly points: readonly HistogramPoint[]
}

export interface ExponentialHistogramMetric extends MetricHead {
  readonly data: 'exponential_histogram'
  readonly tellsMinMax: boolean
  readonly points: readonly ExponentialHistogramPoint[]
}
