import type {
  Attributes,
  Exception,
  Link,
  Span,
  SpanContext,
  SpanStatus,
  TimeInput,
  TraceState,
} from '@opentelemetry/api'
import { diag } from '../diag/diag.js'
import {
  type AttributeBounds,
  type AttributeList,
  putAttribute,
  putAttributes,
  type SharedAttributes,
} from './attributes.js'
import { fromTimeInput, now, type Time, toUnixMillis } from './clock.js'
import type { IdBits } from './id.js'
import type { SpanLimits } from './limits.js'
import { ownText } from './own-text.js'
import { propertyOf, textOf } from './thrown.js'

/** `TraceFlags` of the W3C Trace Context, Level 2. */
export const FLAG_SAMPLED = 0x01
export const FLAG_RANDOM = 0x02

/** `SpanStatusCode` of the API, by value: the API's own module is not loaded at run time. */
export const STATUS_UNSET = 0
export const STATUS_OK = 1
export const STATUS_ERROR = 2

/** The instrumentation scope: who made the span. One object a tracer, so that identity tells scopes apart. */
export interface Scope {
  readonly name: string
  readonly version: string
  readonly schemaUrl: string
}

export interface SpanEvent {
  readonly name: string
  readonly time: Time
  readonly attributes: AttributeList
  readonly droppedAttributes: number
}

export interface SpanLink {
  readonly context: SpanContext
  readonly attributes: AttributeList
  readonly droppedAttributes: number
}

/** An ended span as exporters see it. */
export interface SpanData {
  readonly traceId: string
  readonly spanId: string
  /** The W3C flags, 8 bits. */
  readonly traceFlags: number
  readonly traceState: TraceState | undefined
  /** Empty for a root span. */
  readonly parentSpanId: string
  readonly parentIsRemote: boolean
  readonly name: string
  readonly kind: number
  readonly startTime: Time
  readonly endTime: Time
  /** Unix milliseconds at monotonic time zero: see clock.ts. */
  readonly anchor: number
  readonly attributes: Readonly<AttributeList>
  /** More attributes, with other keys. */
  readonly shared: SharedAttributes | undefined
  /** And more, that tell how it ended. */
  readonly outcome: SharedAttributes | undefined
  readonly droppedAttributes: number
  readonly events: readonly SpanEvent[] | undefined
  readonly droppedEvents: number
  readonly links: readonly SpanLink[] | undefined
  readonly droppedLinks: number
  readonly statusCode: number
  readonly statusMessage: string
  readonly scope: Scope
  /** Both ids once more; undefined where they are known by their digits only. */
  readonly bits: IdBits | undefined
  /** The same of the parent. */
  readonly parentBits: IdBits | undefined
}

/** Who knows of a span more than it carries. */
export interface SpanOwner {
  /** Puts what is known by now on the span: called when the process ends before the span does. */
  describe(): void
  /** Puts the rest on the span, which has ended: called once, and not before anybody is about to look at it. */
  conclude(): void
}

/** Takes ended, sampled spans. Never throws. */
export interface SpanProcessor {
  onEnd(span: SpanData): void
}

/** Takes exceptions as log records, as `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` asks. */
export interface ExceptionLog {
  /** False where spans are to have no events for them any more. */
  readonly alsoOnSpans: boolean
  /** An exception that left the program's handlers of a request. Never throws. */
  onUnhandled(exception: unknown, span: Span, time: TimeInput): void
  /** The exception that ends the process, with the span that was started last of those that are open. Never throws. */
  onCrash(exception: unknown, span: Span | undefined): void
}

/** What all recording spans of a provider share. */
export interface SpanSettings {
  readonly limits: SpanLimits
  readonly spanBounds: AttributeBounds
  readonly eventBounds: AttributeBounds
  readonly linkBounds: AttributeBounds
  /** Entries of a list, keys and values, up to which nothing has to be limited; -1 where each list has to be looked at. */
  readonly plainEntries: number
  /** False where limits are so tight that they have to be put on shared attributes too. */
  readonly sharesAttributes: boolean
  readonly processor: SpanProcessor
  /** Undefined where exceptions are events of spans only. */
  readonly exceptionLog: ExceptionLog | undefined
}

/** By which `util.inspect`, and with it `console.log`, asks an object how it is shown. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/** Entries of an attribute list, keys and values, from where limits are counted exactly. */
const MANY = 64

/** By which a span of ours is known: to walk its prototypes, as `instanceof` does, takes eight times as much code. */
const RECORDS: unique symbol = Symbol('autospan.records')

/**
 * A span that records. Made by `AgentTracer` only.
 *
 * All fields are set in the constructor, and none of them is a `#private` one: Node.js gives those their first value in
 * a function of its own, and after that call each field costs several times the code.
 */
export class RecordingSpan implements Span, SpanData {
  declare readonly [RECORDS]: true
  declare readonly traceId: string
  declare readonly spanId: string
  declare readonly traceFlags: number
  declare traceState: TraceState | undefined
  declare readonly parentSpanId: string
  declare readonly parentIsRemote: boolean
  declare name: string
  declare readonly kind: number
  declare readonly startTime: Time
  declare endTime: Time
  declare readonly anchor: number
  declare readonly attributes: AttributeList
  declare shared: SharedAttributes | undefined
  declare outcome: SharedAttributes | undefined
  declare droppedAttributes: number
  declare events: SpanEvent[] | undefined
  declare droppedEvents: number
  declare links: SpanLink[] | undefined
  declare droppedLinks: number
  declare statusCode: number
  declare statusMessage: string
  declare readonly scope: Scope
  declare bits: IdBits | undefined
  declare readonly parentBits: IdBits | undefined
  declare owner: SpanOwner | undefined
  /** The neighbours among the open spans: see open-spans.ts. */
  declare older: RecordingSpan | undefined
  declare newer: RecordingSpan | undefined
  private declare readonly settings: SpanSettings
  private declare context: SpanContext | undefined
  private declare hasEnded: boolean

  constructor(
    settings: SpanSettings,
    scope: Scope,
    traceId: string,
    spanId: string,
    traceFlags: number,
    parent: SpanContext | undefined,
    name: string,
    kind: number,
    attributes: AttributeList,
    shared: SharedAttributes | undefined,
    startTime: Time,
    anchor: number,
    parentBits: IdBits | undefined,
    droppedAttributes: number,
  ) {
    this.settings = settings
    this.scope = scope
    this.traceId = traceId
    this.spanId = spanId
    this.traceFlags = traceFlags
    this.traceState = parent?.traceState
    this.parentSpanId = parent === undefined ? '' : parent.spanId
    this.parentIsRemote = parent !== undefined && parent.isRemote === true
    this.name = name
    this.kind = kind
    this.attributes = attributes
    this.shared = shared
    this.outcome = undefined
    this.startTime = startTime
    this.endTime = 0
    this.anchor = anchor
    this.bits = undefined
    this.parentBits = parentBits
    this.droppedAttributes = droppedAttributes
    this.events = undefined
    this.droppedEvents = 0
    this.links = undefined
    this.droppedLinks = 0
    this.statusCode = STATUS_UNSET
    this.statusMessage = ''
    this.owner = undefined
    this.older = undefined
    this.newer = undefined
    this.context = undefined
    this.hasEnded = false
  }

  /** As `console.log` shows it: what it tells, without the agent behind it. */
  [INSPECT](): object {
    const { settings, context, hasEnded, owner, older, newer, ...told } = this
    return told
  }

  spanContext(): SpanContext {
    this.context ??= contextOf(this.traceId, this.spanId, this.traceFlags, this.traceState)
    return this.context
  }

  isRecording(): boolean {
    return !this.hasEnded
  }

  setAttribute(key: string, value: unknown): this {
    if (this.hasEnded) return this
    if (this.shared !== undefined && this.mayConflict(key)) this.unshare()
    if (!putAttribute(this.attributes, key, value, this.settings.spanBounds)) this.droppedAttributes++
    return this
  }

  setAttributes(attributes: Attributes): this {
    if (this.hasEnded) return this
    this.unshare()
    this.droppedAttributes += putAttributes(this.attributes, attributes, this.settings.spanBounds)
    return this
  }

  /** Whether attributes may be put on it that it shares with others: not where limits are that tight. */
  get sharesAttributes(): boolean {
    return this.settings.sharesAttributes
  }

  /** The key is among the shared ones, or there are so many that the limit has to be counted over all. */
  private mayConflict(key: string): boolean {
    return this.shared?.has(key) === true || this.attributes.length > MANY
  }

  private unshare(): void {
    if (this.shared === undefined) return
    this.attributes.unshift(...this.shared.list)
    this.shared = undefined
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.hasEnded) return this
    const { eventBounds, limits } = this.settings
    this.events ??= []
    if (this.events.length >= limits.eventCount) {
      this.droppedEvents++
      return this
    }
    const timeFirst = isTimeInput(attributesOrTime)
    const when = timeFirst ? attributesOrTime : time
    const attributes: AttributeList = []
    const droppedAttributes = timeFirst ? 0 : putAttributes(attributes, attributesOrTime, eventBounds)
    this.events.push({
      name: String(name),
      time: when === undefined ? now() : fromTimeInput(when),
      attributes,
      droppedAttributes,
    })
    return this
  }

  addLink(link: Link): this {
    if (this.hasEnded || typeof link?.context?.traceId !== 'string') return this
    const { linkBounds, limits } = this.settings
    this.links ??= []
    if (this.links.length >= limits.linkCount) {
      this.droppedLinks++
      return this
    }
    const attributes: AttributeList = []
    const droppedAttributes =
      putAttributes(attributes, link.attributes, linkBounds) + (link.droppedAttributesCount ?? 0)
    this.links.push({ context: link.context, attributes, droppedAttributes })
    return this
  }

  addLinks(links: readonly Link[]): this {
    if (Array.isArray(links)) for (const link of links as Link[]) this.addLink(link)
    return this
  }

  /** Ok is final, Error wins over Unset, a message goes with Error only. SPEC trace/api.md#set-status. */
  setStatus(status: SpanStatus): this {
    if (this.hasEnded || this.statusCode === STATUS_OK) return this
    if (status?.code === STATUS_OK) {
      this.statusCode = STATUS_OK
      this.statusMessage = ''
    } else if (status?.code === STATUS_ERROR) {
      this.statusCode = STATUS_ERROR
      this.statusMessage = typeof status.message === 'string' ? status.message : ''
    }
    return this
  }

  updateName(name: string): this {
    if (!this.hasEnded) this.name = String(name)
    return this
  }

  /** Adds an `exception` event; the status is left to the caller. SPEC trace/exceptions.md. */
  recordException(exception: Exception, time?: TimeInput): void {
    this.addEvent('exception', exceptionAttributes(exception), time)
  }

  /** The same for what left the program's handlers: as an event, a log record, or both. */
  recordUnhandled(exception: unknown, time: TimeInput): void {
    const { exceptionLog } = this.settings
    exceptionLog?.onUnhandled(exception, this, time)
    if (exceptionLog?.alsoOnSpans !== false) this.addEvent('exception', ownExceptionAttributes(exception), time)
  }

  /** Ends once; later calls are ignored, as the specification asks. */
  end(endTime?: TimeInput): void {
    if (this.hasEnded) return
    const time = endTime === undefined ? now() : fromTimeInput(endTime)
    // Only times that the program gives can run backwards; a backend would refuse the span.
    const isGiven = endTime !== undefined || typeof this.startTime !== 'number'
    this.finish(isGiven && isBefore(time, this.startTime, this.anchor) ? this.startTime : time)
  }

  /** The same for a span of the agent's own, at a time on the monotonic clock that is not before its start. */
  endAt(endMillis: number): void {
    if (!this.hasEnded) this.finish(endMillis)
  }

  private finish(endTime: Time): void {
    this.hasEnded = true
    this.endTime = endTime
    this.settings.processor.onEnd(this)
  }

  /** Has its owner put the rest on it, once. To be called before anybody looks at a span that has ended. */
  conclude(): void {
    const { owner } = this
    if (owner === undefined) return
    // A span may wait for its export, or be kept by the program, and nobody has to wait with it.
    this.owner = undefined
    this.hasEnded = false
    try {
      owner.conclude()
    } catch (error) {
      diag.fault('the end of a span', error)
    } finally {
      this.hasEnded = true
    }
  }
}

Object.defineProperty(RecordingSpan.prototype, RECORDS, { value: true })

/** The span itself where it is one that records, and so ours. */
export function recordingOf(span: Span | SpanData | undefined): RecordingSpan | undefined {
  return (span as RecordingSpan | undefined)?.[RECORDS] === true ? (span as RecordingSpan) : undefined
}

function isBefore(time: Time, other: Time, anchor: number): boolean {
  if (typeof time === 'number' && typeof other === 'number') return time < other
  return toUnixMillis(time, anchor) < toUnixMillis(other, anchor)
}

/** Those that it shares with others, and its own. */
export function allAttributes({ shared, outcome, attributes }: SpanData): Readonly<AttributeList> {
  if (shared === undefined && outcome === undefined) return attributes
  return [...(shared?.list ?? []), ...(outcome?.list ?? []), ...attributes]
}

/** `traceState` is left out where there is none: API users compare and spread span contexts. */
export function contextOf(
  traceId: string,
  spanId: string,
  traceFlags: number,
  traceState: TraceState | undefined,
): SpanContext {
  return traceState === undefined ? { traceId, spanId, traceFlags } : { traceId, spanId, traceFlags, traceState }
}

export function exceptionAttributes(exception: Exception): Attributes {
  if (typeof exception === 'string') return { 'exception.message': exception }
  if (typeof exception !== 'object' || exception === null) return { 'exception.message': textOf(exception) }
  const attributes: Attributes = {}
  const type = propertyOf(exception, 'code') ?? propertyOf(exception, 'name')
  const message = propertyOf(exception, 'message')
  const stack = propertyOf(exception, 'stack')
  if (type !== undefined) attributes['exception.type'] = textOf(type)
  if (message !== undefined) attributes['exception.message'] = textOf(message)
  if (stack !== undefined) attributes['exception.stacktrace'] = textOf(stack)
  // The conventions want one of both, of whatever has been thrown.
  if (type === undefined && message === undefined) attributes['exception.message'] = textOf(exception)
  return attributes
}

/** The same for an exception that the agent records of its own accord. */
export function ownExceptionAttributes(exception: unknown): Attributes {
  const attributes = exceptionAttributes(exception as Exception)
  for (const [key, text] of Object.entries(attributes)) attributes[key] = ownText(text as string)
  return attributes
}

function isTimeInput(value: Attributes | TimeInput | undefined): value is TimeInput {
  return (
    typeof value === 'number' ||
    value instanceof Date ||
    (Array.isArray(value) && value.length === 2 && typeof value[0] === 'number')
  )
}
