import type { Resource } from '../resource/resource.js'
import { allAttributes, type SpanData, type SpanEvent, type SpanLink } from '../trace/span.js'
import { attributesJson, joined } from './attributes-json.js'
import type { ByteBuffer } from './bytes.js'
import { appendRecord, countMember, isSpanId, isTraceId, jsonEnvelope, member } from './envelope-json.js'
import { RecordEncoder } from './record-encoder.js'
import { linkFlags, setTimes, spanFlags, spanKind, traceStateText } from './span-fields.js'
import { UnixTime } from './unix-time.js'

/**
 * `ExportTraceServiceRequest` in OTLP/JSON, which is not protobuf's own JSON: ids are hex, enums numbers
 * (opentelemetry-proto docs/specification.md#json-protobuf-encoding).
 */
export class JsonSpanEncoder extends RecordEncoder<SpanData, ByteBuffer> {
  readonly #startTime = new UnixTime()
  readonly #endTime = new UnixTime()

  constructor(resource: Resource) {
    super('span', jsonEnvelope('Spans', 'spans'), resource)
  }

  /** A span without a valid identity is none to a collector, and left out. */
  protected override write(records: ByteBuffer, span: SpanData): number {
    if (!isTraceId(span.traceId) || !isSpanId(span.spanId)) return 0
    appendRecord(records, this.#spanJson(span))
    return 1
  }

  #spanJson(span: SpanData): string {
    setTimes(span, this.#startTime, this.#endTime)
    return (
      `{"traceId":"${span.traceId}","spanId":"${span.spanId}"` +
      (span.traceState === undefined ? '' : member('traceState', traceStateText(span.traceState))) +
      (isSpanId(span.parentSpanId) ? `,"parentSpanId":"${span.parentSpanId}"` : '') +
      `,"flags":${spanFlags(span)}${member('name', span.name)},"kind":${spanKind(span.kind)}` +
      `,"startTimeUnixNano":"${this.#startTime}","endTimeUnixNano":"${this.#endTime}"` +
      `,"attributes":${attributesJson(allAttributes(span))}` +
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
