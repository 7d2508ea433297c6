import { diag } from '../../diag/diag.js'
import type { LogData, LogProcessor } from '../../logs/log-data.js'
import type { Value } from '../../trace/attributes.js'
import { toUnixMillis } from '../../trace/clock.js'
import type { Exporter } from '../exporter.js'
import { valueText, visible } from './text.js'

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']
const LEVEL_WIDTH = 5
const TIME_LENGTH = '00:00:00.000'.length

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
  const parts = [
    timeOf(record),
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

/** The time of day. Nanoseconds given for milliseconds are beyond a Date: then it is when the record was made. */
function timeOf({ time, observedTime, anchor }: LogData): string {
  const given = new Date(toUnixMillis(time ?? observedTime, anchor))
  const date = Number.isNaN(given.getTime()) ? new Date(toUnixMillis(observedTime, anchor)) : given
  return date.toISOString().slice(-TIME_LENGTH - 1, -1)
}

function levelOf({ severityNumber, severityText }: LogData): string {
  if (severityNumber === 0) return severityText
  return LEVELS[Math.floor((severityNumber - 1) / 4)] ?? severityText
}

function textOf(value: Value | undefined): string {
  return value === undefined || value === null ? '' : valueText(value)
}
