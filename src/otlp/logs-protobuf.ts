import type { LogData } from '../logs/log-data.js'
import type { Resource } from '../resource/resource.js'
import { writeAnyValue, writeAttributes } from './attributes-protobuf.js'
import { PROTOBUF, RECORD, writeNonEmpty } from './envelope-protobuf.js'
import { BYTES, FIXED32, FIXED64, type ProtobufWriter, VARINT } from './protobuf.js'
import { RecordEncoder } from './record-encoder.js'
import { uint32 } from './span-fields.js'
import { UnixTime } from './unix-time.js'

/** Fields of opentelemetry/proto/logs/v1/logs.proto. */
const LOG_RECORD = {
  timeUnixNano: 8 * 1 + FIXED64,
  severityNumber: 8 * 2 + VARINT,
  severityText: 8 * 3 + BYTES,
  body: 8 * 5 + BYTES,
  attributes: 8 * 6 + BYTES,
  droppedAttributesCount: 8 * 7 + VARINT,
  flags: 8 * 8 + FIXED32,
  traceId: 8 * 9 + BYTES,
  spanId: 8 * 10 + BYTES,
  observedTimeUnixNano: 8 * 11 + FIXED64,
  eventName: 8 * 12 + BYTES,
}

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8
/** Room for the length of a record: 2 bytes are right up to 16 KiB, and larger ones are moved. */
const LENGTH_BYTES = 2

/** `ExportLogsServiceRequest` in binary protobuf. */
export class ProtobufLogEncoder extends RecordEncoder<LogData, ProtobufWriter> {
  readonly #time = new UnixTime()

  constructor(resource: Resource) {
    super('log', PROTOBUF, resource)
  }

  protected override write(writer: ProtobufWriter, record: LogData): number {
    writer.tag(RECORD)
    const start = writer.open(LENGTH_BYTES)
    if (record.time !== undefined) {
      this.#time.set(record.time, record.anchor)
      writer.fixed64Nanos(LOG_RECORD.timeUnixNano, this.#time.seconds, this.#time.nanos)
    }
    this.#time.set(record.observedTime, record.anchor)
    writer.fixed64Nanos(LOG_RECORD.observedTimeUnixNano, this.#time.seconds, this.#time.nanos)
    if (record.severityNumber !== 0) writer.uint32(LOG_RECORD.severityNumber, record.severityNumber)
    writeNonEmpty(writer, LOG_RECORD.severityText, record.severityText)
    if (record.body !== undefined) {
      writer.tag(LOG_RECORD.body)
      writeAnyValue(writer, record.body)
    }
    writeAttributes(writer, LOG_RECORD.attributes, record.attributes)
    if (record.droppedAttributes !== 0) {
      writer.uint32(LOG_RECORD.droppedAttributesCount, uint32(record.droppedAttributes))
    }
    // A span context that is none, as a program may make it, leaves the record outside any trace.
    if (record.traceId !== '' && writer.hexId(LOG_RECORD.traceId, record.traceId, TRACE_ID_BYTES)) {
      writer.hexId(LOG_RECORD.spanId, record.spanId, SPAN_ID_BYTES)
      writer.fixed32(LOG_RECORD.flags, record.traceFlags & 0xff)
    }
    writeNonEmpty(writer, LOG_RECORD.eventName, record.eventName)
    writer.close(start, LENGTH_BYTES)
    return 1
  }
}
