import assert from 'node:assert/strict'
import type { AgentMeter } from '../../src/metrics/meter.js'
import type { Metric } from '../../src/metrics/metric.js'
import { AgentMeterProvider } from '../../src/metrics/provider.js'
import type { MetricReader, ReaderSettings } from '../../src/metrics/reader.js'
import { MetricReader as Reader } from '../../src/metrics/reader.js'
import { JsonMetricEncoder } from '../../src/otlp/metrics-json.js'
import { ProtobufMetricEncoder } from '../../src/otlp/metrics-protobuf.js'
import { type DecodedMetric, decodeMetrics } from '../harness/otlp-metrics.js'

const RESOURCE = { attributes: ['service.name', 'metering'], schemaUrl: '' }

export interface Metering {
  readonly meter: AgentMeter
  readonly provider: AgentMeterProvider
  readonly reader: MetricReader
  /** What the reader exports now, as both encodings tell it. */
  collect(): readonly DecodedMetric[]
  /** The same, and waits for callbacks that take time. */
  collectAll(timeoutMillis?: number): Promise<readonly DecodedMetric[]>
  /** The attributes and values of one metric's points; of a histogram their number. */
  values(name: string): readonly (readonly [attributes: Record<string, unknown>, value: number])[]
}

export function metering(settings: Partial<ReaderSettings> = {}): Metering {
  const reader = new Reader({
    temporality: 'cumulative',
    histograms: 'explicit_bucket_histogram',
    exemplars: 'trace_based',
    keepsExemplars: false,
    ...settings,
  })
  const provider = new AgentMeterProvider([reader])
  const encoders = [new ProtobufMetricEncoder(RESOURCE), new JsonMetricEncoder(RESOURCE)] as const
  const visit = (metric: Metric) => {
    for (const encoder of encoders) encoder.add(metric)
  }
  const decoded = (): readonly DecodedMetric[] => {
    const [points, pointsOfJson] = encoders.map(({ count }) => count)
    assert.equal(points, pointsOfJson)
    if (points === 0) return []
    const [metrics, metricsOfJson] = encoders.map((encoder) => decodeMetrics(encoder.take(), encoder.contentType))
    assert.deepEqual(metrics, metricsOfJson)
    return metrics as readonly DecodedMetric[]
  }
  const collect = () => {
    reader.collectNow(visit)
    return decoded()
  }
  return {
    provider,
    meter: provider.getMeter('metering', '1'),
    reader,
    collect,
    async collectAll(timeoutMillis = 1000) {
      await reader.collect(timeoutMillis, visit)
      return decoded()
    },
    values(name) {
      const metric = collect().find((metric) => metric.name === name)
      return (metric?.points ?? []).map(({ attributes, value, count }) => [attributes, value ?? count ?? Number.NaN])
    },
  }
}
