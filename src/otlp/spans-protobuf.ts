import type { Resource } from '../resource/resource.js'
import type { SharedAttributes } from '../trace/attributes.js'
import type { SpanData, SpanEvent, SpanLink } from '../trace/span.js'
import { writeAttributes } from './attributes-protobuf.js'
import { PROTOBUF, RECORD, writeNonEmpty } from './envelope-protobuf.js'
import { BYTES, FIXED32, FIXED64, ProtobufWriter, VARINT } from './protobuf.js'
import { RecordEncoder } from './record-encoder.js'
import { linkFlags, setTimes, spanFlags, spanKind, traceStateText, uint32 } from './span-fields.js'
import { UnixTime } from './unix-time.js'

/** Fields of opentelemetry/proto/trace/v1/trace.proto. */
const SPAN = {
  traceId: 8 * 1 + BYTES,
  spanId: 8 * 2 + BYTES,
  traceState: 8 * 3 + BYTES,
  parentSpanId: 8 * 4 + BYTES,
  name: 8 * 5 + BYTES,
  kind: 8 * 6 + VARINT,
  startTimeUnixNano: 8 * 7 + FIXED64,
  endTimeUnixNano: 8 * 8 + FIXED64,
  attributes: 8 * 9 + BYTES,
  droppedAttributesCount: 8 * 10 + VARINT,
  events: 8 * 11 + BYTES,
  droppedEventsCount: 8 * 12 + VARINT,
  links: 8 * 13 + BYTES,
  droppedLinksCount: 8 * 14 + VARINT,
  status: 8 * 15 + BYTES,
  flags: 8 * 16 + FIXED32,
}
const EVENT = {
  timeUnixNano: 8 * 1 + FIXED64,
  name: 8 * 2 + BYTES,
  attributes: 8 * 3 + BYTES,
  droppedAttributesCount: 8 * 4 + VARINT,
}
const LINK = {
  traceId: 8 * 1 + BYTES,
  spanId: 8 * 2 + BYTES,
  traceState: 8 * 3 + BYTES,
  attributes: 8 * 4 + BYTES,
  droppedAttributesCount: 8 * 5 + VARINT,
  flags: 8 * 6 + FIXED32,
}
const STATUS = { message: 8 * 2 + BYTES, code: 8 * 3 + VARINT }

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8
/** Room for the length of a span or event: 2 bytes are right up to 16 KiB, and larger ones are moved. */
const LENGTH_BYTES = 2

/** `ExportTraceServiceRequest` in binary protobuf. */
export class ProtobufSpanEncoder extends RecordEncoder<SpanData, ProtobufWriter> {
  readonly #start = new UnixTime()
  readonly #end = new UnixTime()

  constructor(resource: Resource) {
    super('span', PROTOBUF, resource)
  }

  /** A span without a valid identity is none to a collector, and left out. */
  protected override write(writer: ProtobufWriter, span: SpanData): number {
    setTimes(span, this.#start, this.#end)
    writer.tag(RECORD)
    const start = writer.open(LENGTH_BYTES)
    if (span.bits !== undefined) {
      writer.traceId(SPAN.traceId, span.bits)
      writer.spanId(SPAN.spanId, span.bits)
    } else {
      if (!writer.hexId(SPAN.traceId, span.traceId, TRACE_ID_BYTES)) return 0
      if (!writer.hexId(SPAN.spanId, span.spanId, SPAN_ID_BYTES)) return 0
    }
    if (span.parentBits !== undefined) writer.spanId(SPAN.parentSpanId, span.parentBits)
    else if (span.parentSpanId !== '') writer.hexId(SPAN.parentSpanId, span.parentSpanId, SPAN_ID_BYTES)
    if (span.traceState !== undefined) writeNonEmpty(writer, SPAN.traceState, traceStateText(span.traceState))
    writer.fixed32(SPAN.flags, spanFlags(span))
    writer.uint32(SPAN.kind, spanKind(span.kind))
    writer.fixed64Nanos(SPAN.startTimeUnixNano, this.#start.seconds, this.#start.nanos)
    writer.fixed64Nanos(SPAN.endTimeUnixNano, this.#end.seconds, this.#end.nanos)
    writeShared(writer, span)
    writeAttributes(writer, SPAN.attributes, span.attributes)
    if (span.statusCode !== 0 || span.statusMessage !== '') writeStatus(writer, span)
    if (span.events !== undefined) this.#writeEvents(writer, span.events, span.anchor)
    if (span.links !== undefined) writeLinks(writer, span.links)
    writeCount(writer, SPAN.droppedAttributesCount, span.droppedAttributes)
    writeCount(writer, SPAN.droppedEventsCount, span.droppedEvents)
    writeCount(writer, SPAN.droppedLinksCount, span.droppedLinks)
    writer.close(start, LENGTH_BYTES)
    return 1
  }

  #writeEvents(writer: ProtobufWriter, events: readonly SpanEvent[], anchor: number): void {
    for (const event of events) {
      this.#start.set(event.time, anchor)
      writer.tag(SPAN.events)
      const start = writer.open(LENGTH_BYTES)
      writer.fixed64Nanos(EVENT.timeUnixNano, this.#start.seconds, this.#start.nanos)
      writeNonEmpty(writer, EVENT.name, event.name)
      writeAttributes(writer, EVENT.attributes, event.attributes)
      writeCount(writer, EVENT.droppedAttributesCount, event.droppedAttributes)
      writer.close(start, LENGTH_BYTES)
    }
  }
}

/** The name, and the attributes that the span shares with others: where these have its name, as one. */
function writeShared(writer: ProtobufWriter, { name, shared, outcome }: SpanData): void {
  let isNamed = name === ''
  if (shared !== undefined) {
    const hasName = !isNamed && shared.name === name
    writer.append(hasName ? encodedWithName(shared, name) : encodedAttributes(shared))
    isNamed ||= hasName
  }
  if (outcome !== undefined) {
    const hasName = !isNamed && outcome.name === name
    writer.append(hasName ? encodedWithName(outcome, name) : encodedAttributes(outcome))
    isNamed ||= hasName
  }
  if (!isNamed) writer.string(SPAN.name, name)
}

function encodedAttributes(shared: SharedAttributes): Uint8Array {
  if (shared.encoded === undefined) {
    const writer = new ProtobufWriter()
    writeAttributes(writer, SPAN.attributes, shared.list)
    shared.encoded = writer.copy()
  }
  return shared.encoded
}

function encodedWithName(shared: SharedAttributes, name: string): Uint8Array {
  if (shared.encodedWithName === undefined) {
    const writer = new ProtobufWriter()
    writer.string(SPAN.name, name)
    writer.append(encodedAttributes(shared))
    shared.encodedWithName = writer.copy()
  }
  return shared.encodedWithName
}

function writeStatus(writer: ProtobufWriter, span: SpanData): void {
  writer.tag(SPAN.status)
  const start = writer.open(1)
  writeNonEmpty(writer, STATUS.message, span.statusMessage)
  writeCount(writer, STATUS.code, span.statusCode)
  writer.close(start, 1)
}

function writeLinks(writer: ProtobufWriter, links: readonly SpanLink[]): void {
  for (const link of links) {
    const before = writer.length
    if (!writeLink(writer, link)) writer.length = before
  }
}

/** @returns false where the context is none: it is the program's own object, and may even throw. */
function writeLink(writer: ProtobufWriter, { context, attributes, droppedAttributes }: SpanLink): boolean {
  writer.tag(SPAN.links)
  const start = writer.open(1)
  try {
    if (!writer.hexId(LINK.traceId, context.traceId, TRACE_ID_BYTES)) return false
    if (!writer.hexId(LINK.spanId, context.spanId, SPAN_ID_BYTES)) return false
    if (context.traceState !== undefined) writeNonEmpty(writer, LINK.traceState, traceStateText(context.traceState))
    writer.fixed32(LINK.flags, linkFlags(context))
  } catch {
    return false
  }
  writeAttributes(writer, LINK.attributes, attributes)
  writeCount(writer, LINK.droppedAttributesCount, droppedAttributes)
  writer.close(start, 1)
  return true
}

function writeCount(writer: ProtobufWriter, tag: number, count: number): void {
  if (count !== 0) writer.uint32(tag, uint32(count))
}
