import { diag } from '../../diag/diag.js'
import type { Metric } from '../../metrics/metric.js'
import type { Point } from '../../metrics/points.js'
import type { MetricReader } from '../../metrics/reader.js'
import type { AttributeList } from '../../trace/attributes.js'
import type { Exporter } from '../exporter.js'
import { type DrawnPoint, drawMetrics } from './metric-table.js'

export interface ConsoleMetricsOptions {
  readonly serviceName: string
  readonly reader: MetricReader
  /** Takes whole lines; what it throws is told as a fault. */
  readonly write: (text: string) => void
}

/** Prints a table of all metrics at each collection, and at the end where there is something to be collected. */
export class ConsoleMetrics implements Exporter {
  readonly #options: ConsoleMetricsOptions

  constructor(options: ConsoleMetricsOptions) {
    this.#options = options
  }

  get unflushed(): boolean {
    return this.#options.reader.touched
  }

  async collect(timeoutMillis: number, isLast = false): Promise<void> {
    const points: DrawnPoint[] = []
    await this.#options.reader.collect(timeoutMillis, (metric) => points.push(...drawnPoints(metric)), isLast)
    this.#print(points)
  }

  async flush(timeoutMillis: number): Promise<void> {
    if (this.unflushed) await this.collect(timeoutMillis, true)
  }

  close(): void {
    if (!this.unflushed) return
    const points: DrawnPoint[] = []
    this.#options.reader.collectNow((metric) => points.push(...drawnPoints(metric)))
    this.#print(points)
  }

  handOver(): readonly never[] {
    this.close()
    return []
  }

  conclude(): void {}

  #print(points: readonly DrawnPoint[]): void {
    if (points.length === 0) return
    const { serviceName, write } = this.#options
    try {
      write(`metrics of ${serviceName}\n${drawMetrics(points)}\n`)
    } catch (error) {
      diag.fault('console exporter', error)
    }
  }
}

function drawnPoints(metric: Metric): DrawnPoint[] {
  const { name, unit } = metric.descriptor
  const head = (point: Point) => ({ name, unit, attributes: objectOf(point.attributes), traceId: traceOf(point) })
  switch (metric.data) {
    case 'sum':
    case 'gauge':
      return metric.points.map((point) => ({ ...head(point), value: point.value }))
    case 'histogram':
    case 'exponential_histogram':
      return metric.points.map((point) => ({
        ...head(point),
        values: point,
        range: metric.tellsMinMax ? point : undefined,
      }))
  }
}

function objectOf(attributes: Readonly<AttributeList>): Record<string, unknown> {
  const entries: [string, unknown][] = []
  for (let i = 1; i < attributes.length; i += 2) {
    if (attributes[i] !== undefined) entries.push([String(attributes[i - 1]), attributes[i]])
  }
  return Object.fromEntries(entries)
}

function traceOf({ exemplars }: Point): string {
  let highest = Number.NEGATIVE_INFINITY
  let traceId = ''
  for (const exemplar of exemplars?.exemplars ?? []) {
    if (exemplar === undefined || exemplar.traceId === '' || exemplar.value < highest) continue
    highest = exemplar.value
    traceId = exemplar.traceId
  }
  return traceId
}
