import type { Config } from './config/config.js'
import type { Exporter } from './export/exporter.js'
import { HandingMetrics } from './export/handing-metrics.js'
import { repeatEvery } from './export/interval.js'
import type { ThreadRing } from './export/thread-ring.js'
import { createReaders, type MetricPipeline } from './metric-pipeline.js'
import { HandingReader } from './metrics/handing.js'
import { AgentMeterProvider } from './metrics/provider.js'

/** How old at most what a thread has observed may be for those who ask in their own time. */
const PULL_MILLIS = 10_000

/** In a worker thread whose maker counts its measurements. */
export function createThreadMetricPipeline(
  ring: ThreadRing,
  isDouble: (scope: string) => boolean,
  config: Config,
  ...settings: readonly [Parameters<typeof createReaders>[1], Parameters<typeof createReaders>[2]]
): MetricPipeline {
  const { exporters: names, exemplars, intervalMillis, timeoutMillis } = config.metrics
  let own: ReturnType<typeof createReaders> | undefined
  const reader = new HandingReader({
    hand: (body) => ring.write('measurements', { records: 1, body }),
    own: () => {
      own ??= createReaders(config, ...settings)
      return own.readers
    },
    exemplars,
    threadId: process.getBuiltinModule('node:worker_threads').threadId,
  })
  const everyMillis = names.includes('prometheus') ? Math.min(intervalMillis, PULL_MILLIS) : intervalMillis
  repeatEvery(everyMillis, () => reader.observe(timeoutMillis))
  const exporters = (): readonly Exporter[] => own?.exporters ?? []
  return {
    provider: new AgentMeterProvider([reader], isDouble),
    exporters: [new HandingMetrics(reader, exporters)],
    // What is observed here is handed over at intervals, and told by the other thread.
    goOn: () => {},
  }
}
