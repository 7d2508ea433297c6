import type { LoggerOptions, LoggerProvider } from '@opentelemetry/api-logs'
import type { AttributeBounds } from '../trace/attributes.js'
import type { LogProcessor } from './log-data.js'
import { AgentLogger } from './logger.js'

/** Gives one logger for each name, version and schema URL. */
export class AgentLoggerProvider implements LoggerProvider {
  readonly #loggers = new Map<string, AgentLogger>()
  readonly #bounds: AttributeBounds
  readonly #processor: LogProcessor
  readonly #onFirst: () => void
  readonly #submitted = { records: 0 }

  /** `onFirst` is called when somebody asks for a logger that has not been there. */
  constructor(bounds: AttributeBounds, processor: LogProcessor, onFirst: () => void) {
    this.#bounds = bounds
    this.#processor = processor
    this.#onFirst = onFirst
  }

  /** Records that loggers were given: `otel.sdk.log.created`. */
  get created(): number {
    return this.#submitted.records
  }

  getLogger(name: string, version = '', options?: LoggerOptions): AgentLogger {
    const scope = { name: String(name ?? ''), version: String(version), schemaUrl: String(options?.schemaUrl ?? '') }
    const key = `${scope.name}\n${scope.version}\n${scope.schemaUrl}`
    let logger = this.#loggers.get(key)
    if (logger === undefined) {
      logger = new AgentLogger(scope, this.#bounds, this.#processor, this.#submitted)
      this.#loggers.set(key, logger)
      this.#onFirst()
    }
    return logger
  }
}
