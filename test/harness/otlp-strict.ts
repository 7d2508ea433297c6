import protobuf from 'protobufjs'

/**
 * A decoded message: lowerCamelCase keys, 64-bit integers as bigint, bytes as Uint8Array, enums as
 * numbers; absent fields have their default, an absent message is null, an absent oneof member undefined.
 */
export interface Message {
  readonly [field: string]: unknown
}

/** Nested attribute values are deeper in messages than protobufjs allows by default. */
const MAX_DEPTH = 1000
protobuf.util.recursionLimit = MAX_DEPTH
protobuf.Reader.recursionLimit = MAX_DEPTH

const LONGS = new Set(['int64', 'uint64', 'fixed64', 'sfixed64', 'sint64'])
const UNSIGNED = new Set(['uint32', 'fixed32', 'uint64', 'fixed64'])
const LONE_SURROGATE = /\p{Surrogate}/u

/** Reads a message from protobuf; throws on all that the schema does not foresee. */
export function readProtobuf(type: protobuf.Type, body: Uint8Array): Message {
  checkWire(type, body, type.name)
  return type.toObject(type.decode(body), { longs: BigInt, defaults: true, arrays: true, oneofs: true })
}

/** Reads a message from OTLP/JSON; throws on all that the schema does not foresee. */
export function readJson(type: protobuf.Type, body: Uint8Array): Message {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  return messageFromJson(type, JSON.parse(text), type.name)
}

function checkWire(type: protobuf.Type, bytes: Uint8Array, path: string): void {
  const seen = new Set<string>()
  let position = 0

  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[position++]
      if (byte === undefined) throw new Error(`${path}: ends within a varint`)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new Error(`${path}: a varint of more than 10 bytes`)
  }
  const take = (length: number): Uint8Array => {
    if (position + length > bytes.length) throw new Error(`${path}: ends within a field`)
    position += length
    return bytes.subarray(position - length, position)
  }

  while (position < bytes.length) {
    const tag = Number(varint())
    const field = type.fieldsById[Math.floor(tag / 8)]
    if (field === undefined) throw new Error(`${path}: unknown field ${Math.floor(tag / 8)}`)
    field.resolve()
    const where = `${path}.${field.name}`
    const wireType = tag % 8
    const elementWireType = wireTypeOf(field)
    if (wireType !== elementWireType && !(field.repeated && wireType === 2 && elementWireType !== 2))
      throw new Error(`${where}: wire type ${wireType}`)
    const slot = field.partOf === null ? field.name : field.partOf.name
    if (!field.repeated && seen.has(slot)) throw new Error(`${where}: set twice`)
    seen.add(slot)
    if (wireType === 0) {
      const value = varint()
      if (field.type === 'bool' && value > 1n) throw new Error(`${where}: ${value} for a bool`)
      if (field.type === 'uint32' && value > 0xffffffffn) throw new Error(`${where}: ${value} for a uint32`)
    } else if (wireType === 2) {
      const content = take(Number(varint()))
      if (field.resolvedType instanceof protobuf.Type) checkWire(field.resolvedType, content, where)
      else if (field.type === 'string') new TextDecoder('utf-8', { fatal: true }).decode(content)
    } else take(wireType === 1 ? 8 : 4)
  }
}

function wireTypeOf(field: protobuf.Field): number {
  if (field.resolvedType instanceof protobuf.Enum) return 0
  return protobuf.types.basic[field.type as keyof typeof protobuf.types.basic] ?? 2
}

function messageFromJson(type: protobuf.Type, json: unknown, path: string): Message {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error(`${path}: not an object`)
  const message: Record<string, unknown> = {}
  for (const field of type.fieldsArray) {
    field.resolve()
    if (field.repeated) message[field.name] = []
    else if (field.partOf === null) message[field.name] = field.typeDefault
    if (LONGS.has(field.type) && !field.repeated && field.partOf === null) message[field.name] = 0n
  }
  for (const [key, value] of Object.entries(json)) {
    const where = `${path}.${key}`
    const field = type.fields[key]
    if (field === undefined) throw new Error(`${where}: unknown key`)
    if (field.repeated) {
      if (!Array.isArray(value)) throw new Error(`${where}: not an array`)
      message[key] = value.map((element, index) => valueFromJson(field, element, `${where}[${index}]`))
    } else {
      message[key] = valueFromJson(field, value, where)
    }
    const oneof = field.partOf?.name
    if (oneof === undefined || oneof.startsWith('_')) continue
    if (message[oneof] !== undefined) throw new Error(`${where}: a second member of ${oneof}`)
    message[oneof] = key
  }
  return message
}

function valueFromJson(field: protobuf.Field, json: unknown, path: string): unknown {
  const { type, resolvedType } = field
  if (resolvedType instanceof protobuf.Type) return messageFromJson(resolvedType, json, path)
  if (resolvedType instanceof protobuf.Enum || type.endsWith('32')) return int32FromJson(type, json, path)
  if (LONGS.has(type)) return longFromJson(type, json, path)
  if (type === 'double') return doubleFromJson(json, path)
  if (type === 'bool' && typeof json === 'boolean') return json
  if (typeof json !== 'string' || type === 'bool') throw new Error(`${path}: ${JSON.stringify(json)} for a ${type}`)
  if (type === 'bytes') return field.name.endsWith('Id') ? hexBytes(json, path) : base64Bytes(json, path)
  if (LONE_SURROGATE.test(json)) throw new Error(`${path}: a lone surrogate`)
  return json
}

function int32FromJson(type: string, json: unknown, path: string): number {
  const [least, most] = UNSIGNED.has(type) ? [0, 0xffffffff] : [-0x80000000, 0x7fffffff]
  if (typeof json !== 'number' || !Number.isInteger(json) || json < least || json > most)
    throw new Error(`${path}: ${JSON.stringify(json)} for a ${type}`)
  return json
}

function longFromJson(type: string, json: unknown, path: string): bigint {
  if (typeof json !== 'string' || !/^(?:0|-?[1-9]\d*)$/.test(json))
    throw new Error(`${path}: ${JSON.stringify(json)} for a ${type}`)
  const value = BigInt(json)
  const wrapped = UNSIGNED.has(type) ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value)
  if (wrapped !== value) throw new Error(`${path}: ${json} does not fit a ${type}`)
  return value
}

function doubleFromJson(json: unknown, path: string): number {
  if (typeof json === 'number') return json
  if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return Number(json)
  throw new Error(`${path}: ${JSON.stringify(json)} for a double`)
}

function hexBytes(text: string, path: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new Error(`${path}: ${text} is not hex`)
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

function base64Bytes(text: string, path: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new Error(`${path}: ${text} is not base64`)
  return Uint8Array.from(bytes)
}
