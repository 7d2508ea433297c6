import { diag } from '../diag/diag.js'
import type { Resource } from '../resource/resource.js'
import type { SpanData, SpanEvent, SpanLink } from '../trace/span.js'
import { attributesJson, joined, wellFormed } from './attributes-json.js'
import type { ByteBuffer } from './bytes.js'
import { EncodedResource } from './encoded-resource.js'
import type { SpanEncoder } from './encoder.js'
import { assemble, countMember, isSpanId, isTraceId, member, newScope, requestStart } from './envelope-json.js'
import { ScopeBuffers } from './scopes.js'
import { linkFlags, setTimes, spanFlags, spanKind, traceStateText } from './span-fields.js'
import { UnixTime } from './unix-time.js'

/**
 * `ExportTraceServiceRequest` in OTLP/JSON, which is not protobuf's own JSON: ids are hex, enums numbers
 * (opentelemetry-proto docs/specification.md#json-protobuf-encoding).
 */
export class JsonSpanEncoder implements SpanEncoder {
  readonly contentType = 'application/json'
  count = 0
  /** Without the resource. */
  byteLength = 0
  readonly #start: EncodedResource
  readonly #scopes = new ScopeBuffers<ByteBuffer>((scope) => newScope('spans', scope))
  readonly #startTime = new UnixTime()
  readonly #endTime = new UnixTime()

  constructor(resource: Resource) {
    this.#start = new EncodedResource(resource, (resource) => requestStart('Spans', resource))
  }

  add(span: SpanData): void {
    try {
      const text = this.#spanJson(span)
      if (text === undefined) return
      const { head, records } = this.#scopes.of(span.scope)
      const before = records.length
      // In one piece, so that nothing of it stays where there is no room for it.
      records.text(wellFormed(before === 0 ? text : `,${text}`))
      this.count++
      this.byteLength += records.length - before + (before === 0 ? head.length : 0)
    } catch (error) {
      diag.fault('the span encoder', error)
    }
  }

  take(): Uint8Array {
    try {
      return this.count === 0 ? new Uint8Array(0) : assemble(this.#start.bytes, this.#scopes.filled())
    } finally {
      this.#scopes.clear()
      this.count = 0
      this.byteLength = 0
    }
  }

  /** Undefined where the span has no valid identity, and is none to a collector. */
  #spanJson(span: SpanData): string | undefined {
    if (!isTraceId(span.traceId) || !isSpanId(span.spanId)) return undefined
    setTimes(span, this.#startTime, this.#endTime)
    return (
      `{"traceId":"${span.traceId}","spanId":"${span.spanId}"` +
      (span.traceState === undefined ? '' : member('traceState', traceStateText(span.traceState))) +
      (isSpanId(span.parentSpanId) ? `,"parentSpanId":"${span.parentSpanId}"` : '') +
      `,"flags":${spanFlags(span)}${member('name', span.name)},"kind":${spanKind(span.kind)}` +
      `,"startTimeUnixNano":"${this.#startTime}","endTimeUnixNano":"${this.#endTime}"` +
      `,"attributes":${attributesJson(span.shared === undefined ? span.attributes : [...span.shared.list, ...span.attributes])}` +
      countMember('droppedAttributesCount', span.droppedAttributes) +
      (span.events === undefined ? '' : `,"events":${this.#eventsJson(span.events, span.anchor)}`) +
      countMember('droppedEventsCount', span.droppedEvents) +
      (span.links === undefined ? '' : `,"links":${linksJson(span.links)}`) +
      countMember('droppedLinksCount', span.droppedLinks) +
      (span.statusCode === 0 && span.statusMessage === '' ? '' : `,"status":${statusJson(span)}`) +
      '}'
    )
  }

  #eventsJson(events: readonly SpanEvent[], anchor: number): string {
    let text = ''
    for (const event of events) {
      this.#startTime.set(event.time, anchor)
      text = joined(
        text,
        `{"timeUnixNano":"${this.#startTime}"${member('name', event.name)},"attributes":${attributesJson(event.attributes)}` +
          `${countMember('droppedAttributesCount', event.droppedAttributes)}}`,
      )
    }
    return `[${text}]`
  }
}

function linksJson(links: readonly SpanLink[]): string {
  let text = ''
  for (const link of links) {
    const json = linkJson(link)
    if (json !== undefined) text = joined(text, json)
  }
  return `[${text}]`
}

/** Undefined where the context is none: it is the program's own object, and may even throw. */
function linkJson({ context, attributes, droppedAttributes }: SpanLink): string | undefined {
  let head: string
  try {
    const { traceId, spanId, traceState } = context
    if (!isTraceId(traceId) || !isSpanId(spanId)) return undefined
    head =
      `{"traceId":"${traceId}","spanId":"${spanId}"` +
      `${traceState === undefined ? '' : member('traceState', traceStateText(traceState))},"flags":${linkFlags(context)}`
  } catch {
    return undefined
  }
  return `${head},"attributes":${attributesJson(attributes)}${countMember('droppedAttributesCount', droppedAttributes)}}`
}

function statusJson({ statusCode, statusMessage }: SpanData): string {
  return `{"code":${statusCode}${member('message', statusMessage)}}`
}
