import type { Attributes, Exception } from '@opentelemetry/api'
import type { Logger, LogRecord } from '@opentelemetry/api-logs'
import { isSuppressed, spanOf } from '../context/context.js'
import { activeContext } from '../context/manager.js'
import { diag } from '../diag/diag.js'
import { type AttributeBounds, type AttributeList, checkedBody, putAttributes } from '../trace/attributes.js'
import { clockAnchor, fromTimeInput, now } from '../trace/clock.js'
import { identityOf } from '../trace/identity.js'
import { exceptionAttributes, type Scope } from '../trace/span.js'
import type { LogProcessor } from './log-data.js'

const MAX_SEVERITY = 24

/** A logger of the logs API, and the instrumentations' own way to send records. */
export class AgentLogger implements Logger {
  readonly #scope: Scope
  readonly #bounds: AttributeBounds
  readonly #processor: LogProcessor
  /** Of all loggers of the provider. */
  readonly #submitted: { records: number }

  constructor(scope: Scope, bounds: AttributeBounds, processor: LogProcessor, submitted: { records: number }) {
    this.#scope = scope
    this.#bounds = bounds
    this.#processor = processor
    this.#submitted = submitted
  }

  enabled(): boolean {
    return !isSuppressed(activeContext())
  }

  /** Never throws. A record without a context belongs to the active one; limits apply to attributes, not to the body. */
  emit(record: LogRecord): void {
    try {
      this.#emit(record)
    } catch (error) {
      diag.fault('a log record', error)
    }
  }

  #emit(record: LogRecord): void {
    const { timestamp, observedTimestamp, severityNumber = 0, exception } = record
    const context = record.context ?? activeContext()
    if (isSuppressed(context)) return
    this.#submitted.records++
    const span = identityOf(spanOf(context))
    const observed = now()
    const attributes: AttributeList = []
    const bounds = this.#bounds
    let dropped = putAttributes(attributes, record.attributes as Attributes | undefined, bounds)
    if (exception !== undefined) dropped += putMissing(attributes, exceptionAttributes(exception as Exception), bounds)
    this.#processor.onEnd({
      scope: this.#scope,
      time: timestamp === undefined ? undefined : fromTimeInput(timestamp),
      observedTime: observedTimestamp === undefined ? observed : fromTimeInput(observedTimestamp),
      anchor: clockAnchor(observed),
      severityNumber: severityNumber > 0 && severityNumber <= MAX_SEVERITY ? Math.floor(severityNumber) : 0,
      severityText: String(record.severityText ?? ''),
      body: checkedBody(record.body),
      eventName: String(record.eventName ?? ''),
      attributes,
      droppedAttributes: dropped,
      traceId: span?.traceId ?? '',
      spanId: span?.spanId ?? '',
      traceFlags: span?.traceFlags ?? 0,
    })
  }
}

/** What the program itself says of an exception wins. @returns how many were dropped for the count limit. */
function putMissing(list: AttributeList, attributes: Attributes, bounds: AttributeBounds): number {
  const missing = Object.entries(attributes).filter(([key]) => !list.some((known, i) => i % 2 === 0 && known === key))
  return putAttributes(list, Object.fromEntries(missing), bounds)
}
