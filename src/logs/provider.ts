import type { LoggerOptions, LoggerProvider } from '@opentelemetry/api-logs'
import type { AttributeBounds } from '../trace/attributes.js'
import type { LogProcessor } from './log-data.js'
import { AgentLogger } from './logger.js'

const NOWHERE: LogProcessor = { onEnd() {} }

/** Gives one logger for each name, version and schema URL. */
export class AgentLoggerProvider implements LoggerProvider {
  readonly #loggers = new Map<string, AgentLogger>()
  readonly #bounds: AttributeBounds
  readonly #processor: LogProcessor
  readonly #onFirst: () => void
  readonly #isDouble: (scope: string) => boolean
  readonly #submitted = { records: 0 }

  /**
   * @param onFirst called when somebody asks for a logger that has not been there
   * @param isDouble tells by a logger's name whether its records are there already: they go nowhere then
   */
  constructor(
    bounds: AttributeBounds,
    processor: LogProcessor,
    onFirst: () => void,
    isDouble: (scope: string) => boolean = () => false,
  ) {
    this.#bounds = bounds
    this.#processor = processor
    this.#onFirst = onFirst
    this.#isDouble = isDouble
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
      logger = this.#isDouble(scope.name)
        ? new AgentLogger(scope, this.#bounds, NOWHERE, { records: 0 })
        : new AgentLogger(scope, this.#bounds, this.#processor, this.#submitted)
      this.#loggers.set(key, logger)
      this.#onFirst()
    }
    return logger
  }
}
