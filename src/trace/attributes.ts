import type { Attributes } from '@opentelemetry/api'
import { cutText } from './own-text.js'

/** What an attribute can be: `AnyValue` of the specification. null is an empty value; a bigint a 64-bit integer. */
export type Value = string | number | boolean | bigint | null | Uint8Array | readonly Value[] | ValueMap

export interface ValueMap {
  readonly [key: string]: Value
}

/**
 * Attributes as a flat list: key, value, key, value. An undefined value is no attribute. Cheaper
 * than an object to build and to walk, and the order is kept.
 */
export type AttributeList = (Value | undefined)[]

/** Attributes that many spans have alike, as those of one connection. Never changed, so they are encoded once. */
export class SharedAttributes {
  readonly list: Readonly<AttributeList>
  /** That of most spans that have them. */
  readonly name: string | undefined
  /** What the binary encoder has made of them, for its next span; and of the name with them. */
  encoded: Uint8Array | undefined = undefined
  encodedWithName: Uint8Array | undefined = undefined

  constructor(list: Readonly<AttributeList>, name?: string) {
    this.list = list
    this.name = name
  }

  has(key: string): boolean {
    for (let i = 0; i < this.list.length; i += 2) {
      if (this.list[i] === key) return true
    }
    return false
  }
}

/** Bounds on the attributes of one span, event or link. */
export interface AttributeBounds {
  /** How many attributes; a new one above it is dropped and counted. */
  readonly count: number
  /** Characters of each string and bytes of each byte array, in arrays and maps too; `Infinity` for no bound. */
  readonly valueLength: number
}

/**
 * Sets one attribute within the bounds: a known key is overwritten, a new one appended.
 *
 * @returns false when the attribute was dropped for the count limit. A key or value that the
 * specification does not allow is ignored, and not counted as dropped.
 */
export function putAttribute(list: AttributeList, key: string, value: unknown, bounds: AttributeBounds): boolean {
  if (typeof key !== 'string' || key === '') return true
  const checked = checkedValue(value, bounds.valueLength)
  if (checked === undefined) return true
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === key) {
      list[i + 1] = checked
      return true
    }
  }
  if (list.length >> 1 >= bounds.count && !dropHole(list)) return false
  list.push(key, checked)
  return true
}

/** Takes one pair without a value out of the list; @returns false where there is none. */
function dropHole(list: AttributeList): boolean {
  for (let i = 1; i < list.length; i += 2) {
    if (list[i] === undefined) {
      list.splice(i - 1, 2)
      return true
    }
  }
  return false
}

/** The value of a key; undefined where it has none. */
export function attributeIn(list: Readonly<AttributeList> | undefined, key: string): unknown {
  for (let i = 0; list !== undefined && i < list.length; i += 2) {
    if (list[i] === key) return list[i + 1]
  }
  return undefined
}

/** Sets each own attribute of `attributes`; @returns how many were dropped for the count limit. */
export function putAttributes(
  list: AttributeList,
  attributes: Attributes | undefined,
  bounds: AttributeBounds,
): number {
  let dropped = 0
  if (attributes === undefined || attributes === null || typeof attributes !== 'object') return dropped
  for (const key of Object.keys(attributes)) {
    if (!putAttribute(list, key, attributes[key], bounds)) dropped++
  }
  return dropped
}

/**
 * Puts the bounds on a list that the agent itself has made, in place.
 *
 * @returns how many attributes were dropped for the count limit.
 */
export function limitAttributes(list: AttributeList, bounds: AttributeBounds): number {
  if (bounds.valueLength !== Number.POSITIVE_INFINITY) {
    for (let i = 1; i < list.length; i += 2) list[i] = checkedValue(list[i], bounds.valueLength)
  }
  if (list.length >> 1 <= bounds.count) return 0
  while (list.length >> 1 > bounds.count && dropHole(list));
  const dropped = Math.max(0, (list.length >> 1) - bounds.count)
  list.length -= 2 * dropped
  return dropped
}

/** Deeper arrays and maps become empty: `attribute_value_depth_limit` of the specification. */
const MAX_DEPTH = 64
/** Elements and members that one value may have in all; what is beyond them is left out. */
const MAX_NODES = 10_000

/** How a value is read. */
interface Reading {
  /** As in the bounds. */
  readonly valueLength: number
  /** What no attribute can be is left out; else it is as JSON has it. */
  readonly isAttribute: boolean
  /** How many elements and members it may still have. */
  left: number
}

/** A private copy of the value within the bounds, or undefined when an attribute cannot hold its type. `valueLength` as in the bounds. */
export function checkedValue(value: unknown, valueLength: number): Value | undefined {
  return read(value, valueLength, true)
}

/** A private copy of a log record's body: dates and instances of classes, at any depth, as JSON has them; of errors the words. */
export function checkedBody(value: unknown): Value | undefined {
  return read(value, Number.POSITIVE_INFINITY, false)
}

function read(value: unknown, valueLength: number, isAttribute: boolean): Value | undefined {
  return typeof value === 'object' && value !== null
    ? readObject(value, { valueLength, isAttribute, left: MAX_NODES })
    : readPrimitive(value, valueLength)
}

function readPrimitive(value: unknown, valueLength: number): Value | undefined {
  switch (typeof value) {
    case 'string':
      return value.length > valueLength ? cutText(value, valueLength) : value
    case 'number':
    case 'boolean':
    case 'bigint':
      return value
    default:
      return value === null ? null : undefined
  }
}

/** What throws when it is read, as a getter or a proxy of the program's may, is none. */
function readObject(value: object, reading: Reading): Value | undefined {
  try {
    return checkedObject(value, reading, 1)
  } catch {
    return undefined
  }
}

function checkedObject(value: object, reading: Reading, depth: number): Value | undefined {
  const nested = (child: unknown): Value | undefined => {
    if (--reading.left < 0) return undefined
    if (typeof child !== 'object' || child === null) return readPrimitive(child, reading.valueLength)
    return checkedObject(child, reading, depth + 1)
  }
  if (value instanceof Uint8Array) return value.slice(0, Math.min(value.length, reading.valueLength))
  if (Array.isArray(value)) {
    if (depth > MAX_DEPTH) return []
    // A hole or an unsupported element stays as an empty value, so that positions keep their meaning.
    return value.slice(0, Math.max(0, reading.left)).map((element) => nested(element) ?? null)
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    return reading.isAttribute ? undefined : nested(value instanceof Error ? String(value) : asJson(value))
  const map: { [key: string]: Value } = Object.create(null)
  if (depth > MAX_DEPTH) return map
  for (const [key, member] of Object.entries(value)) {
    const checked = nested(member)
    if (checked !== undefined) map[key] = checked
  }
  return map
}

/** As JSON would have it; undefined for what it cannot say. */
export function asJson(value: object): unknown {
  try {
    return JSON.parse(JSON.stringify(value))
  } catch {
    return undefined
  }
}
