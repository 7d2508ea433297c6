import { type Parsed, split, type Type } from './parse.js'

/** Bad entries of one variable that one line names. */
const MAX_NAMED = 3

/** A header's name: a token of RFC 9110. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i
/** A header's value as Node's http sends it: tab, visible ASCII, blank, and the upper half of Latin-1. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** A header as HTTP has it on the wire, and not as the variable wants it. */
const COLON_PAIR = /^([^\s:=]+):\s*(.*)$/s

/**
 * HTTP headers in the syntax of W3C Baggage, `name=value,name=value`. A value may be percent-encoded or raw: what is
 * no valid encoding is taken as it stands. Names are put into lower case; of two equal ones the later counts.
 *
 * An entry written `name: value` is taken for what it means, and said. One which is no legal header is left out. Nothing of an entry is ever shown, its name neither: in
 * `Authorization: Basic c2VjcmV0==` the credentials stand to the left of the first `=`.
 */
export const headers: Type<ReadonlyMap<string, string>> = {
  name: 'list of name=value',
  parse(text): Parsed<ReadonlyMap<string, string>> {
    const value = new Map<string, string>()
    const faults: string[] = []
    for (const [index, entry] of split(text).entries()) {
      const fault = addHeader(value, entry)
      if (fault !== undefined) faults.push(`entry ${index + 1} ${fault}`)
    }
    if (faults.length === 0) return { value }
    const named = faults.slice(0, MAX_NAMED)
    if (faults.length > MAX_NAMED) named.push(`and ${faults.length - MAX_NAMED} more`)
    return { value, problem: `is not name=value,name=value: ${named.join(', ')} (not shown, it may be secret)` }
  },
  show: ({ size }) => `${size === 0 ? 'no' : size} ${size > 1 ? 'headers' : 'header'} of it`,
  mask: () => undefined,
}

/** @returns what is wrong with the entry, which is then not added where it cannot be meant */
function addHeader(headers: Map<string, string>, entry: string): string | undefined {
  const colonPair = COLON_PAIR.exec(entry)
  if (colonPair !== null) {
    const [, name = '', value = ''] = colonPair
    return addPair(headers, name, value) ?? 'is written name: value'
  }
  const equals = entry.indexOf('=')
  if (equals < 0) return 'has no "="'
  return addPair(headers, entry.slice(0, equals).trim(), entry.slice(equals + 1).trim())
}

function addPair(headers: Map<string, string>, name: string, raw: string): string | undefined {
  if (!TOKEN.test(name)) return 'has an illegal name'
  const value = percentDecoded(raw) ?? raw
  if (!HEADER_VALUE.test(value)) return 'has an illegal character in its value'
  headers.set(name.toLowerCase(), value)
  return undefined
}

/**
 * Resource attributes, `key=value,key=value`, keys and values percent-encoded where they hold `,` or `=`. One entry
 * that cannot be read makes all of them worth nothing, as the specification asks.
 */
export const attributes: Type<ReadonlyMap<string, string>> = {
  name: 'list of key=value',
  parse(text) {
    const value = new Map<string, string>()
    for (const [index, entry] of split(text).entries()) {
      const equals = entry.indexOf('=')
      if (equals < 0) return refused(index, 'has no "="')
      const key = percentDecoded(entry.slice(0, equals).trim())
      const attribute = percentDecoded(entry.slice(equals + 1).trim())
      if (key === undefined || attribute === undefined) return refused(index, 'is wrongly percent-encoded')
      if (key === '') return refused(index, 'has no key')
      value.set(key, attribute)
    }
    return { value }
  },
  show: (value) => Array.from(value, ([key, attribute]) => `${key}=${attribute}`).join(','),
}

function refused(index: number, fault: string): Parsed<never> {
  return { value: undefined, problem: `is not key=value,key=value: entry ${index + 1} ${fault}` }
}

/** Undefined where it is no valid encoding. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
