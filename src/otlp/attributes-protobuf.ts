import type { AttributeList, Value } from '../trace/attributes.js'
import { LOOP_LENGTH } from './bytes.js'
import { isInt64 } from './int64.js'
import { BYTES, FIXED64, ProtobufWriter, VARINT, varintSize } from './protobuf.js'

/** Fields of `AnyValue`, opentelemetry/proto/common/v1/common.proto. */
const STRING_VALUE = 8 * 1 + BYTES
const BOOL_VALUE = 8 * 2 + VARINT
const INT_VALUE = 8 * 3 + VARINT
const DOUBLE_VALUE = 8 * 4 + FIXED64
const ARRAY_VALUE = 8 * 5 + BYTES
const KVLIST_VALUE = 8 * 6 + BYTES
const BYTES_VALUE = 8 * 7 + BYTES
/** Of `ArrayValue` and `KeyValueList`. */
const VALUES = 8 * 1 + BYTES
/** Of `KeyValue`. */
const KEY = 8 * 1 + BYTES
const VALUE = 8 * 2 + BYTES

/** What a string attribute has besides its key and value: two tags and three lengths. */
const STRING_OVERHEAD = 17
/** With all lengths of one byte: what comes between the key and the value, and what comes before the key. */
const SHORT_MIDDLE = 3
const SHORT_START = 2
const MAX_SHORT_CONTENT = 0x7f
/** Bounds on the memory for keys. Programs have a few hundred; made-up ones come after, and are written each time. */
const MAX_KEYS = 1024
const MAX_KEY_LENGTH = 64

/**
 * Keys as they stand on the wire, from the tag of the key to the tag of the value. A look-up and a copy take
 * 16 to 19 ns for keys of 17 characters on average, to write the characters 20 to 30 (bench/encode.mjs).
 */
const heads = new Map<string, Uint8Array>()
const scratch = new ProtobufWriter()
const MAX_SCRATCH_BYTES = 65_536

/** Appends each attribute with `tag`, a `KeyValue` field; an undefined value is no attribute. */
export function writeAttributes(writer: ProtobufWriter, tag: number, attributes: Readonly<AttributeList>): void {
  for (let i = 1; i < attributes.length; i += 2) {
    const value = attributes[i]
    if (value === undefined) continue
    const head = headOf(attributes[i - 1] as string)
    if (typeof value === 'string') writeString(writer, tag, head, value)
    else writeOther(writer, tag, head, value)
  }
}

function headOf(key: string): Uint8Array {
  return heads.get(key) ?? newHead(key)
}

function newHead(key: string): Uint8Array {
  // Before, not after: an earlier key may have failed halfway.
  scratch.clear(MAX_SCRATCH_BYTES)
  scratch.string(KEY, key)
  scratch.tag(VALUE)
  const head = scratch.copy()
  if (heads.size < MAX_KEYS && key.length <= MAX_KEY_LENGTH) heads.set(key, head)
  return head
}

function writeString(writer: ProtobufWriter, tag: number, head: Uint8Array, value: string): void {
  if (value.length <= LOOP_LENGTH && writeShortString(writer, tag, head, value)) return
  const start = writer.length
  writeStringHead(writer, tag, head, value.length)
  const size = writer.text(value)
  if (size === value.length) return
  // Not ASCII, so the lengths were wrong.
  writer.length = start
  writeStringHead(writer, tag, head, size)
  writer.text(value)
}

/**
 * The common case in one go, which is worth 10 % of a span (bench/encode.mjs): all lengths have one byte.
 *
 * @returns false, and nothing is written, when they have more or the value is not ASCII.
 */
function writeShortString(writer: ProtobufWriter, tag: number, head: Uint8Array, value: string): boolean {
  const { length } = value
  const content = head.length + SHORT_MIDDLE + length
  if (content > MAX_SHORT_CONTENT) return false
  writer.reserve(SHORT_START + content)
  const { bytes } = writer
  let at = writer.length
  bytes[at++] = tag
  bytes[at++] = content
  bytes.set(head, at)
  at += head.length
  bytes[at++] = 2 + length
  bytes[at++] = STRING_VALUE
  bytes[at++] = length
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code > 0x7f) return false
    bytes[at++] = code
  }
  writer.length = at
  return true
}

/** All that comes before a string of `size` bytes. */
function writeStringHead(writer: ProtobufWriter, tag: number, head: Uint8Array, size: number): void {
  const anyValueSize = 1 + varintSize(size) + size
  writer.reserve(STRING_OVERHEAD + head.length)
  writer.varint(tag)
  writer.varint(head.length + varintSize(anyValueSize) + anyValueSize)
  writer.append(head)
  writer.varint(anyValueSize)
  writer.varint(STRING_VALUE)
  writer.varint(size)
}

function writeOther(writer: ProtobufWriter, tag: number, head: Uint8Array, value: Value): void {
  writer.tag(tag)
  const start = writer.open(1)
  writer.append(head)
  writeAnyValue(writer, value)
  writer.close(start, 1)
}

/** The length and the content of an `AnyValue`; its tag has been written. */
export function writeAnyValue(writer: ProtobufWriter, value: Value): void {
  const start = writer.open(1)
  switch (typeof value) {
    case 'number':
      if (isInt64(value)) writer.int64(INT_VALUE, value)
      else writer.double(DOUBLE_VALUE, value)
      break
    case 'string':
      writer.string(STRING_VALUE, value)
      break
    case 'boolean':
      writer.bool(BOOL_VALUE, value)
      break
    case 'bigint':
      if (isInt64(value)) writer.bigInt64(INT_VALUE, value)
      else writer.string(STRING_VALUE, String(value))
      break
    case 'object':
      if (value !== null) writeObject(writer, value)
  }
  writer.close(start, 1)
}

function writeObject(writer: ProtobufWriter, value: Exclude<Value & object, null>): void {
  if (value instanceof Uint8Array) {
    writer.blob(BYTES_VALUE, value)
    return
  }
  writer.tag(isArray(value) ? ARRAY_VALUE : KVLIST_VALUE)
  const start = writer.open(1)
  if (isArray(value)) {
    for (const element of value) {
      writer.tag(VALUES)
      writeAnyValue(writer, element)
    }
  } else {
    for (const key of Object.keys(value)) {
      const member = value[key]
      if (member !== undefined) writeOther(writer, VALUES, headOf(key), member)
    }
  }
  writer.close(start, 1)
}

function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}
