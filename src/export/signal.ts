/** A kind of telemetry, as lines and counters name its records. */
export interface Signal {
  /** In the names of the agent's counters, as in `otel.sdk.exporter.span.exported`. */
  readonly name: 'span' | 'metric_data_point' | 'log'
  readonly one: string
  readonly many: string
  /** The variable that says where they go, of signals that not every backend takes. */
  readonly exporter?: string
}

export const TRACES: Signal = { name: 'span', one: 'span', many: 'spans' }
export const LOGS: Signal = { name: 'log', one: 'log record', many: 'log records', exporter: 'OTEL_LOGS_EXPORTER' }
export const METRICS: Signal = {
  name: 'metric_data_point',
  one: 'metric data point',
  many: 'metric data points',
  exporter: 'OTEL_METRICS_EXPORTER',
}

/** A number of records in words: `1 span`, `2 spans`. */
export function counted(records: number, { one, many }: Signal): string {
  return `${records} ${records === 1 ? one : many}`
}
