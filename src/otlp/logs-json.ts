import { diag } from '../diag/diag.js'
import type { LogData } from '../logs/log-data.js'
import type { Resource } from '../resource/resource.js'
import { anyValueJson, attributesJson, wellFormed } from './attributes-json.js'
import type { ByteBuffer } from './bytes.js'
import type { Encoder } from './encoder.js'
import { assemble, countMember, isSpanId, isTraceId, member, newScope, requestStart } from './envelope-json.js'
import { ScopeBuffers } from './scopes.js'
import { UnixTime } from './unix-time.js'

/** `ExportLogsServiceRequest` in OTLP/JSON. */
export class JsonLogEncoder implements Encoder<LogData> {
  readonly contentType = 'application/json'
  count = 0
  /** Without the resource. */
  byteLength = 0
  readonly #start: Uint8Array
  readonly #scopes = new ScopeBuffers<ByteBuffer>((scope) => newScope('logRecords', scope))
  readonly #time = new UnixTime()

  constructor(resource: Resource) {
    this.#start = requestStart('Logs', resource)
  }

  add(record: LogData): void {
    try {
      const text = this.#recordJson(record)
      const { head, records } = this.#scopes.of(record.scope)
      const before = records.length
      // In one piece, so that nothing of it stays where there is no room for it.
      records.text(wellFormed(before === 0 ? text : `,${text}`))
      this.count++
      this.byteLength += records.length - before + (before === 0 ? head.length : 0)
    } catch (error) {
      diag.fault('the log encoder', error)
    }
  }

  take(): Uint8Array {
    try {
      return this.count === 0 ? new Uint8Array(0) : assemble(this.#start, this.#scopes.filled())
    } finally {
      this.#scopes.clear()
      this.count = 0
      this.byteLength = 0
    }
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
