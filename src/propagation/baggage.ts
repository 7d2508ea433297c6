import type { Baggage, BaggageEntry, BaggageEntryMetadata, Context, TextMapPropagator } from '@opentelemetry/api'
import { BAGGAGE_KEY, baggageOf, isSuppressed } from '../context/context.js'
import { listValue, trimBlanks } from './header.js'

const BAGGAGE = 'baggage'
const MAX_MEMBERS = 64
const MAX_BYTES = 8192
/** Room for blanks and for members that do not count; what stands behind is not read. */
const MAX_HEADER_CHARS = 2 * MAX_BYTES

/** `baggage` by W3C Baggage: up to 64 members and 8192 bytes each way, whole members beyond are dropped. */
export const baggage: TextMapPropagator = {
  inject(context, carrier, setter) {
    const entries = baggageOf(context)
    if (entries === undefined || isSuppressed(context)) return
    const header = formatBaggage(entries)
    if (header !== '') setter.set(carrier, BAGGAGE, header)
  },

  extract(context, carrier, getter): Context {
    const header = listValue(getter.get(carrier, BAGGAGE), MAX_HEADER_CHARS)
    if (header === undefined) return context
    const entries = parseBaggage(header)
    return entries === undefined ? context : context.setValue(BAGGAGE_KEY, entries)
  },

  fields() {
    return [BAGGAGE]
  },
}

/**
 * Reads a `baggage` header: its first 64 members that are legal and fit in 8192 bytes, of its first
 * 16,384 characters. Values are percent-decoded, properties kept as metadata. Of equal keys the last
 * counts. A member with an illegal key or without `=` is left out; other values than the
 * specification allows are taken as they are, for they are sent on encoded.
 *
 * @returns undefined when nothing is left.
 */
export function parseBaggage(header: string): AgentBaggage | undefined {
  const entries = new Map<string, BaggageEntry>()
  let members = 0
  let bytes = 0
  for (const part of readablePart(header).split(',')) {
    const member = trimBlanks(part)
    if (member === '') continue
    const bytesWith = bytes + member.length + (members === 0 ? 0 : 1)
    if (bytesWith > MAX_BYTES || !addMember(entries, member)) continue
    bytes = bytesWith
    if (++members === MAX_MEMBERS) break
  }
  return entries.size === 0 ? undefined : new AgentBaggage(entries)
}

/**
 * Writes a `baggage` header, empty for no entries. Entries whose key is no RFC 7230 token are left
 * out, and so are those beyond the 64th and those that do not fit in 8192 bytes.
 */
export function formatBaggage(baggage: Baggage): string {
  let header = ''
  let members = 0
  for (const [key, entry] of baggage.getAllEntries()) {
    const member = memberText(key, entry)
    if (member === undefined) continue
    const longer = header === '' ? member : `${header},${member}`
    if (longer.length > MAX_BYTES) continue
    header = longer
    if (++members === MAX_MEMBERS) break
  }
  return header
}

/** Immutable baggage, as the API's own behaves; a Map inside, so `__proto__` is a key as any other. */
export class AgentBaggage implements Baggage {
  readonly #entries: ReadonlyMap<string, BaggageEntry>

  constructor(entries: ReadonlyMap<string, BaggageEntry> = new Map()) {
    this.#entries = entries
  }

  getEntry(key: string): BaggageEntry | undefined {
    const entry = this.#entries.get(key)
    return entry === undefined ? undefined : { ...entry }
  }

  getAllEntries(): [string, BaggageEntry][] {
    return [...this.#entries]
  }

  setEntry(key: string, entry: BaggageEntry): AgentBaggage {
    return new AgentBaggage(new Map(this.#entries).set(key, entry))
  }

  removeEntry(key: string): AgentBaggage {
    return this.removeEntries(key)
  }

  removeEntries(...keys: string[]): AgentBaggage {
    const entries = new Map(this.#entries)
    for (const key of keys) entries.delete(key)
    return new AgentBaggage(entries)
  }

  clear(): AgentBaggage {
    return new AgentBaggage()
  }
}

/** The whole members within the bound of what is read. */
function readablePart(header: string): string {
  if (header.length <= MAX_HEADER_CHARS) return header
  const part = header.slice(0, Math.max(0, header.lastIndexOf(',', MAX_HEADER_CHARS)))
  // A copy: V8's slices keep the string that they are cut from, and that may be a megabyte.
  return Buffer.from(part).toString()
}

const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/

/** @returns false when the member is not legal. */
function addMember(entries: Map<string, BaggageEntry>, member: string): boolean {
  const semicolon = member.indexOf(';')
  const pair = semicolon < 0 ? member : member.slice(0, semicolon)
  const equals = pair.indexOf('=')
  const key = trimBlanks(pair.slice(0, Math.max(0, equals)))
  if (!TOKEN.test(key)) return false
  const value = percentDecoded(trimBlanks(pair.slice(equals + 1)))
  const metadata = semicolon < 0 ? '' : trimmedProperties(member.slice(semicolon + 1))
  entries.set(key, metadata === '' ? { value } : { value, metadata: metadataOf(metadata) })
  return true
}

function memberText(key: string, entry: BaggageEntry): string | undefined {
  const value = textOf(entry?.value)
  if (value === undefined || !TOKEN.test(key)) return undefined
  const properties = String(entry.metadata ?? '')
  // Too long before it is encoded is too long after it.
  if (value.length + properties.length > MAX_BYTES) return undefined
  const member = `${key}=${value.replace(NOT_IN_VALUE, percentEncoded)}`
  const metadata = properties === '' ? '' : trimmedProperties(properties)
  return metadata === '' ? member : `${member};${metadata.replace(NOT_IN_PROPERTIES, percentEncoded)}`
}

/** Programs in JavaScript set numbers and booleans, too. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined
}

/** Properties are opaque: the blanks around them and around their `=` go, nothing is decoded. */
function trimmedProperties(properties: string): string {
  const trimmed: string[] = []
  for (const property of properties.split(';')) {
    const equals = property.indexOf('=')
    const key = trimBlanks(equals < 0 ? property : property.slice(0, equals))
    if (key !== '') trimmed.push(equals < 0 ? key : `${key}=${trimBlanks(property.slice(equals + 1))}`)
  }
  return trimmed.join(';')
}

const METADATA_TYPE: BaggageEntryMetadata['__TYPE__'] = Symbol('BaggageEntryMetadata') as never

/** What `baggageEntryMetadataFromString` of the API makes. */
function metadataOf(text: string): BaggageEntryMetadata {
  return {
    __TYPE__: METADATA_TYPE,
    toString() {
      return text
    },
  }
}

const ESCAPE = /%[\dA-Fa-f]{2}/g

/** Bytes that are not UTF-8 become U+FFFD; a `%` that starts no escape stays. */
function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    const bytes = Buffer.from(text).toString('latin1').replace(ESCAPE, byteOfEscape)
    return Buffer.from(bytes, 'latin1').toString()
  }
}

function byteOfEscape(escaped: string): string {
  return String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
}

/** Runs of all but `baggage-octet`, and `%`, which must be told from an escape. */
const NOT_IN_VALUE = /[^!#$&-+\--:<-[\]-~]+/g
/** Runs of what no header may hold, and of what would end the member. */
const NOT_IN_PROPERTIES = /[^\t !#-+\--[\]-~]+/g

/** Encodes every character of a run of those that must be; half a surrogate pair becomes U+FFFD. */
function percentEncoded(run: string): string {
  try {
    return encodeURIComponent(run)
  } catch {
    return encodeURIComponent(Buffer.from(run).toString())
  }
}
