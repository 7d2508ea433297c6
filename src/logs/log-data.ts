import type { AttributeList, Value } from '../trace/attributes.js'
import type { Time } from '../trace/clock.js'
import type { Scope } from '../trace/span.js'

/** A log record as exporters see it. */
export interface LogData {
  readonly scope: Scope
  /** When it happened; undefined where nobody knows. */
  readonly time: Time | undefined
  /** When the agent got it. */
  readonly observedTime: Time
  /** Unix milliseconds at monotonic time zero: see clock.ts. */
  readonly anchor: number
  /** 1 to 24; 0 for unspecified. */
  readonly severityNumber: number
  /** The level as its source names it; empty for none. */
  readonly severityText: string
  readonly body: Value | undefined
  /** Makes the record an event; empty for none. */
  readonly eventName: string
  readonly attributes: Readonly<AttributeList>
  readonly droppedAttributes: number
  /** Empty outside any span, and `spanId` with it. */
  readonly traceId: string
  readonly spanId: string
  /** The W3C flags, 8 bits. */
  readonly traceFlags: number
}

/** Takes log records. Never throws. */
export interface LogProcessor {
  onEnd(record: LogData): void
}
