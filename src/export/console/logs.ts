import { diag } from '../../diag/diag.js'
import type { LogData, LogProcessor } from '../../logs/log-data.js'
import type { Value } from '../../trace/attributes.js'
import { toUnixMillis } from '../../trace/clock.js'
import type { Exporter } from '../exporter.js'
import { visible } from './text.js'

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']
const LEVEL_WIDTH = 5

/** Prints each log record on a line, as it comes: time (UTC), level, scope, body, attributes, trace and span. */
export class ConsoleLogProcessor implements LogProcessor, Exporter {
  readonly unflushed = false
  readonly #write: (text: string) => void

  /** @param write takes whole lines; what it throws is swallowed */
  constructor(write: (text: string) => void) {
    this.#write = write
  }

  onEnd(record: LogData): void {
    try {
      this.#write(`${lineOf(record)}\n`)
    } catch (error) {
      diag.fault('console exporter of logs', error)
    }
  }

  async flush(): Promise<void> {}

  close(): void {}

  handOver(): readonly [] {
    return []
  }

  conclude(): void {}
}

function lineOf(record: LogData): string {
  const millis = toUnixMillis(record.time ?? record.observedTime, record.anchor)
  const parts = [
    new Date(millis).toISOString().slice('2000-01-01T'.length, -1),
    levelOf(record).padEnd(LEVEL_WIDTH),
    `${record.scope.name}:`,
    record.eventName,
    textOf(record.body),
  ]
  for (let i = 1; i < record.attributes.length; i += 2) {
    parts.push(`${record.attributes[i - 1]}=${textOf(record.attributes[i])}`)
  }
  if (record.traceId !== '') parts.push(`trace ${record.traceId} span ${record.spanId}`)
  return parts
    .filter((part) => part !== '')
    .map(visible)
    .join(' ')
}

function levelOf({ severityNumber, severityText }: LogData): string {
  if (severityNumber === 0) return severityText
  return LEVELS[Math.floor((severityNumber - 1) / 4)] ?? severityText
}

function textOf(value: Value | undefined): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value, bigintText)
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
