import type { Resource } from '../resource/resource.js'
import type { Scope } from '../trace/span.js'
import { writeAttributes } from './attributes-protobuf.js'
import { BYTES, ProtobufWriter, varintSize } from './protobuf.js'
import type { Envelope } from './record-encoder.js'
import type { NewScope, ScopeRecords } from './scopes.js'

/*
 * What the export requests of all signals have alike: `ResourceSpans`, `ResourceMetrics` and `ResourceLogs` are one but
 * for their names, and so are `ScopeSpans` and its siblings.
 */

const RESOURCE_RECORDS = { resource: 8 * 1 + BYTES, scopeRecords: 8 * 2 + BYTES, schemaUrl: 8 * 3 + BYTES }
const SCOPE_RECORDS = { scope: 8 * 1 + BYTES, records: 8 * 2 + BYTES, schemaUrl: 8 * 3 + BYTES }
const REQUEST = { resourceRecords: 8 * 1 + BYTES }
/** Of opentelemetry/proto/resource/v1/resource.proto and common/v1/common.proto. */
const RESOURCE = { attributes: 8 * 1 + BYTES }
const SCOPE = { name: 8 * 1 + BYTES, version: 8 * 2 + BYTES }

/** The tag of one span, metric or log record among those of its scope. */
export const RECORD: number = SCOPE_RECORDS.records
/** Room for the length of a resource: 2 bytes are right up to 16 KiB, and larger ones are moved. */
const LENGTH_BYTES = 2

export const PROTOBUF: Envelope<ProtobufWriter> = {
  contentType: 'application/x-protobuf',
  encodeResource,
  newScope,
  assemble,
}

/** The content of `Resource*` but for its records. */
function encodeResource({ attributes, schemaUrl }: Resource): Uint8Array {
  const writer = new ProtobufWriter()
  writer.tag(RESOURCE_RECORDS.resource)
  const start = writer.open(LENGTH_BYTES)
  writeAttributes(writer, RESOURCE.attributes, attributes)
  writer.close(start, LENGTH_BYTES)
  writeNonEmpty(writer, RESOURCE_RECORDS.schemaUrl, schemaUrl)
  return writer.copy()
}

/** The content of `Scope*` but for its records, which may come in any order with the rest. */
function newScope({ name, version, schemaUrl }: Scope): NewScope<ProtobufWriter> {
  const writer = new ProtobufWriter()
  writer.tag(SCOPE_RECORDS.scope)
  const start = writer.open(1)
  writeNonEmpty(writer, SCOPE.name, name)
  writeNonEmpty(writer, SCOPE.version, version)
  writer.close(start, 1)
  writeNonEmpty(writer, SCOPE_RECORDS.schemaUrl, schemaUrl)
  return { head: writer.copy(), records: new ProtobufWriter() }
}

function assemble(resource: Uint8Array, scopes: readonly ScopeRecords<ProtobufWriter>[]): Uint8Array {
  let size = resource.length
  for (const { head, records } of scopes) size += fieldSize(head.length + records.length)
  const body = new ProtobufWriter(fieldSize(size))
  body.varint(REQUEST.resourceRecords)
  body.varint(size)
  body.append(resource)
  for (const { head, records } of scopes) {
    body.varint(RESOURCE_RECORDS.scopeRecords)
    body.varint(head.length + records.length)
    body.append(head)
    body.append(records.content())
  }
  return body.content()
}

/** Of a message that has a tag of one byte. */
function fieldSize(content: number): number {
  return 1 + varintSize(content) + content
}

export function writeNonEmpty(writer: ProtobufWriter, tag: number, text: string): void {
  if (text !== '') writer.string(tag, text)
}
