import type { Resource } from '../resource/resource.js'
import type { Scope } from '../trace/span.js'
import { attributesJson, wellFormed } from './attributes-json.js'
import { ByteBuffer } from './bytes.js'
import type { NewScope, ScopeRecords } from './scopes.js'
import { uint32 } from './span-fields.js'

/* What the export requests of all signals have alike, as envelope-protobuf.ts has it. */

const TRACE_ID = /^[0-9a-f]{32}$/i
const SPAN_ID = /^[0-9a-f]{16}$/i
const ALL_ZERO = /^0+$/

const COMMA = Buffer.from(',')
const SCOPE_END = Buffer.from(']}')
const REQUEST_END = Buffer.from(']}]}')

/** A request up to its first scope; `signal` as in `resourceSpans`. */
export function requestStart(signal: 'Spans' | 'Metrics' | 'Logs', { attributes, schemaUrl }: Resource): Uint8Array {
  const resource = `{"attributes":${attributesJson(attributes)}}${member('schemaUrl', schemaUrl)}`
  return Buffer.from(wellFormed(`{"resource${signal}":[{"resource":${resource},"scope${signal}":[`))
}

/** A scope up to its first record; `records` is the name of their list. */
export function newScope(
  records: 'spans' | 'metrics' | 'logRecords',
  { name, version, schemaUrl }: Scope,
): NewScope<ByteBuffer> {
  const names = `{"name":${JSON.stringify(name)}${member('version', version)}}${member('schemaUrl', schemaUrl)}`
  return { head: Buffer.from(wellFormed(`{"scope":${names},"${records}":[`)), records: new ByteBuffer() }
}

/** One `Resource*` with a `Scope*` for each scope, in a buffer of exactly its size. */
export function assemble(start: Uint8Array, scopes: readonly ScopeRecords<ByteBuffer>[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { head, records } of scopes) {
    parts.push(parts.length === 0 ? start : COMMA, head, records.content(), SCOPE_END)
  }
  parts.push(REQUEST_END)
  const body = new ByteBuffer(parts.reduce((size, part) => size + part.length, 0))
  for (const part of parts) body.append(part)
  return body.content()
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
