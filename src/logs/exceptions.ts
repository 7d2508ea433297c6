import type { Span, TimeInput } from '@opentelemetry/api'
import type { AnyValueMap, LogRecord } from '@opentelemetry/api-logs'
import { ROOT_CONTEXT, SPAN_KEY } from '../context/context.js'
import { type ExceptionLog, ownExceptionAttributes } from '../trace/span.js'
import type { AgentLogger } from './logger.js'

/** `SeverityNumber` of an error that a server has not handled, and of one that ends the process. */
const ERROR = 17
const FATAL = 21

/** Exceptions as events of the logs signal: names and severities of exceptions/README.md of the semantic conventions. */
export class LoggedExceptions implements ExceptionLog {
  readonly alsoOnSpans: boolean
  readonly #logger: AgentLogger

  constructor(logger: AgentLogger, alsoOnSpans: boolean) {
    this.#logger = logger
    this.alsoOnSpans = alsoOnSpans
  }

  onUnhandled(exception: unknown, span: Span, timestamp: TimeInput): void {
    this.#emit(span, exception, {
      eventName: 'http.server.request.exception',
      severityNumber: ERROR,
      severityText: 'ERROR',
      timestamp,
    })
  }

  onCrash(exception: unknown, span: Span | undefined): void {
    this.#emit(span, exception, { eventName: 'exception', severityNumber: FATAL, severityText: 'FATAL' })
  }

  #emit(span: Span | undefined, exception: unknown, record: LogRecord): void {
    const context = span === undefined ? ROOT_CONTEXT : ROOT_CONTEXT.setValue(SPAN_KEY, span)
    this.#logger.emit({ ...record, attributes: ownExceptionAttributes(exception) as AnyValueMap, context })
  }
}
