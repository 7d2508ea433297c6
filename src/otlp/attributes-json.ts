import type { AttributeList, Value } from '../trace/attributes.js'
import { isInt64 } from './int64.js'

/** An array of `KeyValue`; an undefined value is no attribute. */
export function attributesJson(attributes: Readonly<AttributeList>): string {
  let text = ''
  for (let i = 1; i < attributes.length; i += 2) {
    const value = attributes[i]
    if (value !== undefined) text = joined(text, keyValueJson(attributes[i - 1] as string, value))
  }
  return `[${text}]`
}

/** Text that follows on `before` in a list, with a comma where there is something to follow on. */
export function joined(before: string, text: string): string {
  return before === '' ? text : `${before},${text}`
}

/** Puts U+FFFD for each lone surrogate, which JSON.stringify has escaped and UTF-8 does not have. */
export function wellFormed(json: string): string {
  if (!json.includes('\\ud')) return json
  return json.replace(/\\(?:ud[89a-f]..|.)/g, (part) => (part.startsWith('\\ud') ? '\ufffd' : part))
}

function keyValueJson(key: string, value: Value): string {
  return `{"key":${JSON.stringify(key)},"value":${anyValueJson(value)}}`
}

/** An `AnyValue` by the rules of OTLP/JSON: 64-bit integers as strings of digits, bytes in base64. */
export function anyValueJson(value: Value): string {
  switch (typeof value) {
    case 'string':
      return `{"stringValue":${JSON.stringify(value)}}`
    case 'number':
      return isInt64(value) ? `{"intValue":"${value}"}` : `{"doubleValue":${doubleJson(value)}}`
    case 'boolean':
      return `{"boolValue":${value}}`
    case 'bigint':
      return isInt64(value) ? `{"intValue":"${value}"}` : `{"stringValue":"${value}"}`
    case 'object':
      return value === null ? '{}' : objectJson(value)
    default:
      return '{}'
  }
}

export function doubleJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  return Object.is(value, -0) ? '-0' : String(value)
}

function objectJson(value: Exclude<Value & object, null>): string {
  if (value instanceof Uint8Array) {
    return `{"bytesValue":"${Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')}"}`
  }
  let text = ''
  if (isArray(value)) {
    for (const element of value) text = joined(text, anyValueJson(element))
    return `{"arrayValue":{"values":[${text}]}}`
  }
  for (const key of Object.keys(value)) {
    const member = value[key]
    if (member !== undefined) text = joined(text, keyValueJson(key, member))
  }
  return `{"kvlistValue":{"values":[${text}]}}`
}

function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}
