import type { Value } from '../../trace/attributes.js'
import { toUnixMillis } from '../../trace/clock.js'
import { CLIENT, CONSUMER, PRODUCER, SERVER } from '../../trace/kind.js'
import { allAttributes, type SpanData, STATUS_ERROR, STATUS_OK } from '../../trace/span.js'

/** A span as a person sees it, of whatever service and source. */
export interface DrawnSpan {
  readonly traceId: string
  readonly id: string
  /** Empty for a root. */
  readonly parentId: string
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  readonly service: string
  /** Unix milliseconds, with a fraction. */
  readonly startMillis: number
  readonly endMillis: number
  readonly status: 'unset' | 'ok' | 'error'
  /** What went wrong in words, or empty. */
  readonly message: string
  /** Those of `DRAWN_ATTRIBUTES` are drawn, others may be left out. */
  readonly attributes: Readonly<Record<string, unknown>>
}

/** All that is drawn of a span's attributes. */
const DRAWN_ATTRIBUTES = ['http.response.status_code', 'error.type', 'url.full', 'url.path', 'db.query.text'] as const

/** `service` is the name of this process's. */
export function drawnSpan(span: SpanData, service: string): DrawnSpan {
  return {
    traceId: span.traceId,
    id: span.spanId,
    parentId: span.parentSpanId,
    name: span.name,
    kind: kindOf(span.kind),
    service,
    startMillis: toUnixMillis(span.startTime, span.anchor),
    endMillis: toUnixMillis(span.endTime, span.anchor),
    status: statusOf(span.statusCode),
    message: span.statusMessage || exceptionMessage(span),
    attributes: drawnAttributes(span),
  }
}

function drawnAttributes(span: SpanData): Record<string, Value> {
  const drawn: Record<string, Value> = {}
  const all = allAttributes(span)
  for (const name of DRAWN_ATTRIBUTES) {
    const value = attributeOf(all, name)
    if (value !== undefined) drawn[name] = value
  }
  return drawn
}

function exceptionMessage(span: SpanData): string {
  const exception = span.events?.findLast((event) => event.name === 'exception')
  const message = exception === undefined ? undefined : attributeOf(exception.attributes, 'exception.message')
  return typeof message === 'string' ? message : ''
}

function attributeOf(attributes: SpanData['attributes'], name: string): Value | undefined {
  for (let i = 0; i < attributes.length; i += 2) {
    if (attributes[i] === name) return attributes[i + 1]
  }
  return undefined
}

function kindOf(kind: number): DrawnSpan['kind'] {
  switch (kind) {
    case SERVER:
      return 'server'
    case CLIENT:
      return 'client'
    case PRODUCER:
      return 'producer'
    case CONSUMER:
      return 'consumer'
    default:
      return 'internal'
  }
}

function statusOf(code: number): DrawnSpan['status'] {
  if (code === STATUS_ERROR) return 'error'
  return code === STATUS_OK ? 'ok' : 'unset'
}
