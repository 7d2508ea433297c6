import type { Resource } from '../resource/resource.js'
import type { Scope } from '../trace/span.js'
import { attributesJson, wellFormed } from './attributes-json.js'
import { ByteBuffer } from './bytes.js'
import type { Envelope } from './record-encoder.js'
import type { NewScope, ScopeRecords } from './scopes.js'
import { uint32 } from './span-fields.js'

/* What the export requests of all signals have alike, as envelope-protobuf.ts has it. */

const TRACE_ID = /^[0-9a-f]{32}$/i
const SPAN_ID = /^[0-9a-f]{16}$/i
const ALL_ZERO = /^0+$/

const COMMA = Buffer.from(',')
const SCOPE_END = Buffer.from(']}')
const REQUEST_END = Buffer.from(']}]}')

/** `signal` as in `resourceSpans`; `records` is what their list is called in a scope. */
export function jsonEnvelope(
  signal: 'Spans' | 'Metrics' | 'Logs',
  records: 'spans' | 'metrics' | 'logRecords',
): Envelope<ByteBuffer> {
  return {
    contentType: 'application/json',
    encodeResource: (resource) => requestStart(signal, resource),
    newScope: (scope) => newScope(records, scope),
    assemble,
  }
}

/** A request up to its first scope. */
function requestStart(signal: string, { attributes, schemaUrl }: Resource): Uint8Array {
  const resource = `{"attributes":${attributesJson(attributes)}}${member('schemaUrl', schemaUrl)}`
  return Buffer.from(wellFormed(`{"resource${signal}":[{"resource":${resource},"scope${signal}":[`))
}

/** A scope up to its first record. */
function newScope(records: string, { name, version, schemaUrl }: Scope): NewScope<ByteBuffer> {
  const names = `{"name":${JSON.stringify(name)}${member('version', version)}}${member('schemaUrl', schemaUrl)}`
  return { head: Buffer.from(wellFormed(`{"scope":${names},"${records}":[`)), records: new ByteBuffer() }
}

function assemble(start: Uint8Array, scopes: readonly ScopeRecords<ByteBuffer>[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { head, records } of scopes) {
    parts.push(parts.length === 0 ? start : COMMA, head, records.content(), SCOPE_END)
  }
  parts.push(REQUEST_END)
  const body = new ByteBuffer(parts.reduce((size, part) => size + part.length, 0))
  for (const part of parts) body.append(part)
  return body.content()
}

/** Appends a record, in one piece, so that nothing of it stays where there is no room for it. */
export function appendRecord(records: ByteBuffer, json: string): void {
  records.text(wellFormed(records.length === 0 ? json : `,${json}`))
}

/** A further member of an object; nothing where the text is empty. */
export function member(key: string, text: string): string {
  return text === '' ? '' : `,"${key}":${JSON.stringify(text)}`
}

export function countMember(key: string, count: number): string {
  return count === 0 ? '' : `,"${key}":${uint32(count)}`
}

export function isTraceId(id: string): boolean {
  return TRACE_ID.test(id) && !ALL_ZERO.test(id)
}

export function isSpanId(id: string): boolean {
  return SPAN_ID.test(id) && !ALL_ZERO.test(id)
}
