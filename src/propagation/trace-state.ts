import type { TraceState as ApiTraceState } from '@opentelemetry/api'
import { skipBlanks } from './header.js'

const MAX_MEMBERS = 32
/** Characters of a key, and of a value. */
const MAX_PART_CHARS = 256
/** Characters that are kept and sent on; the specification asks for 512 at least. */
const MAX_CHARS = 8192
/** Members longer than this are the first to go when the list is too long. */
const LONG_MEMBER_CHARS = 128
/** About twice the longest legal list without blanks: what is longer is not read. */
export const MAX_TRACESTATE_HEADER_CHARS = 32_768

const COMMA = 0x2c
const EQUALS = 0x3d
const SPACE = 0x20

const KEY_START = 1
const KEY = 2
const VALUE = 4
/** What each character may be part of. */
const KINDS = new Uint8Array(256)
for (let code = SPACE; code <= 0x7e; code++) {
  const character = String.fromCharCode(code)
  if (/[a-z0-9]/.test(character)) KINDS[code] = KEY_START | KEY | VALUE
  else if (/[-_*/@]/.test(character)) KINDS[code] = KEY | VALUE
  else if (!/[,=]/.test(character)) KINDS[code] = VALUE
}

/**
 * Reads a `tracestate` header by W3C Trace Context, Level 2.
 *
 * @returns undefined when the header has no member, more than 32, an illegal one (each makes the whole
 * list void), or more than 32,768 characters. Of equal keys the first stays. A list of more than
 * 8192 characters loses members of more than 128, from the right, until it fits.
 */
export function parseTraceState(header: string): TraceState | undefined {
  if (header.length > MAX_TRACESTATE_HEADER_CHARS) return undefined
  const members: string[] = []
  let seen = 0
  for (let at = skipBlanks(header, 0); at < header.length; at = skipBlanks(header, at + 1)) {
    if (header.charCodeAt(at) === COMMA) continue
    const end = memberEnd(header, at)
    if (end < 0 || ++seen > MAX_MEMBERS) return undefined
    const member = header.slice(at, end)
    if (indexOfKey(members, keyOf(member)) < 0) members.push(member)
    at = skipBlanks(header, end)
    if (at < header.length && header.charCodeAt(at) !== COMMA) return undefined
  }
  return members.length === 0 ? undefined : new TraceState(fittingList(members))
}

/** An immutable `tracestate` list of at most 32 members and 8192 characters. */
export class TraceState implements ApiTraceState {
  readonly #list: string

  /** @param list legal members, joined by commas and nothing else. `parseTraceState` reads what comes from outside. */
  constructor(list = '') {
    this.#list = list
  }

  get(key: string): string | undefined {
    const members = this.#members()
    return members[indexOfKey(members, key)]?.slice(key.length + 1)
  }

  /**
   * Puts the member left-most, in place of one with the same key; the right-most of more than 32 goes.
   * An illegal key or value changes nothing.
   */
  set(key: string, value: string): TraceState {
    if (typeof key !== 'string' || typeof value !== 'string') return this
    const member = `${key}=${value}`
    if (memberEnd(member, 0) !== member.length) return this
    const others = this.unset(key).#members()
    return new TraceState(fittingList([member, ...others.slice(0, MAX_MEMBERS - 1)]))
  }

  unset(key: string): TraceState {
    const members = this.#members()
    const index = indexOfKey(members, key)
    return index < 0 ? this : new TraceState(members.toSpliced(index, 1).join(','))
  }

  serialize(): string {
    return this.#list
  }

  #members(): string[] {
    return this.#list === '' ? [] : this.#list.split(',')
  }
}

/**
 * Where the member that starts at `start` ends, trailing spaces left out, or -1 when it starts with no
 * legal key and value. The caller looks at what comes behind it.
 */
function memberEnd(text: string, start: number): number {
  let at = start
  if (!isOf(KEY_START, text, at)) return -1
  while (isOf(KEY, text, at)) at++
  if (text.charCodeAt(at) !== EQUALS || at - start > MAX_PART_CHARS) return -1
  const valueStart = at + 1
  let end = valueStart
  for (at = valueStart; isOf(VALUE, text, at); at++) {
    if (text.charCodeAt(at) !== SPACE) end = at + 1
  }
  return end === valueStart || end - valueStart > MAX_PART_CHARS ? -1 : end
}

function isOf(kind: number, text: string, at: number): boolean {
  return at < text.length && ((KINDS[text.charCodeAt(at)] ?? 0) & kind) !== 0
}

function keyOf(member: string): string {
  return member.slice(0, member.indexOf('='))
}

function indexOfKey(members: readonly string[], key: string): number {
  for (let i = 0; i < members.length; i++) {
    const member = members[i] ?? ''
    if (member.charCodeAt(key.length) === EQUALS && member.startsWith(key)) return i
  }
  return -1
}

/** Cuts whole members. No 32 members of 128 characters are too long together, so cutting the long ones is enough. */
function fittingList(members: readonly string[]): string {
  const list = members.join(',')
  if (list.length <= MAX_CHARS) return list
  const kept = [...members]
  let excess = list.length - MAX_CHARS
  for (let i = kept.length - 1; i >= 0 && excess > 0; i--) {
    const { length } = kept[i] ?? ''
    if (length <= LONG_MEMBER_CHARS) continue
    kept.splice(i, 1)
    excess -= length + 1
  }
  return kept.join(',')
}
