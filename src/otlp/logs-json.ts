import type { LogData } from '../logs/log-data.js'
import type { Resource } from '../resource/resource.js'
import { anyValueJson, attributesJson } from './attributes-json.js'
import type { ByteBuffer } from './bytes.js'
import { appendRecord, countMember, isSpanId, isTraceId, jsonEnvelope, member } from './envelope-json.js'
import { RecordEncoder } from './record-encoder.js'
import { UnixTime } from './unix-time.js'

/** `ExportLogsServiceRequest` in OTLP/JSON. */
export class JsonLogEncoder extends RecordEncoder<LogData, ByteBuffer> {
  readonly #time = new UnixTime()

  constructor(resource: Resource) {
    super('log', jsonEnvelope('Logs', 'logRecords'), resource)
  }

  protected override write(records: ByteBuffer, record: LogData): number {
    appendRecord(records, this.#recordJson(record))
    return 1
  }

  #recordJson(record: LogData): string {
    const { severityNumber, body, traceId, spanId } = record
    this.#time.set(record.observedTime, record.anchor)
    let text = `{"observedTimeUnixNano":"${this.#time}"`
    if (record.time !== undefined) {
      this.#time.set(record.time, record.anchor)
      text += `,"timeUnixNano":"${this.#time}"`
    }
    if (severityNumber !== 0) text += `,"severityNumber":${severityNumber}`
    text += member('severityText', record.severityText)
    if (body !== undefined) text += `,"body":${anyValueJson(body)}`
    text += `,"attributes":${attributesJson(record.attributes)}`
    text += countMember('droppedAttributesCount', record.droppedAttributes)
    // A span context that is none, as a program may make it, leaves the record outside any trace.
    if (isTraceId(traceId) && isSpanId(spanId)) {
      text += `,"traceId":"${traceId}","spanId":"${spanId}","flags":${record.traceFlags & 0xff}`
    }
    return `${text}${member('eventName', record.eventName)}}`
  }
}
