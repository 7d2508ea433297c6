import { fillRandom } from './random.js'

/** Random bytes that are made at a time. */
const POOL_BYTES = 8192
/**
 * Random bytes that are made hex digits at a time. Ids are slices of that text, which costs a tenth of
 * a conversion each; a slice keeps the whole text in memory, so it is short.
 */
const SLAB_BYTES = 256
const TRACE_ID_DIGITS = 32
const SPAN_ID_DIGITS = 16

/**
 * A trace id and a span id as six words of 32 bits, signed, each with its first byte lowest. For who writes ids in
 * binary: that takes 15 ns, and 60 to 150 where the digits have to be read.
 */
export type IdBits = readonly [number, number, number, number, number, number]

const words = new Uint32Array(POOL_BYTES / Uint32Array.BYTES_PER_ELEMENT)
const pool = Buffer.from(words.buffer)
const view = new DataView(words.buffer)
let poolUsed = POOL_BYTES
let slab = ''
let slabUsed = 0
/** Where the ids that were made last stand in the pool. */
let traceIdAt = 0
let spanIdAt = 0

/** 32 lower-case hex digits, never all zero; every bit is random, as the Level 2 random flag promises. */
export function newTraceId(): string {
  // With room for a span id, so that the bits are still there when that has been made.
  const id = randomHex(TRACE_ID_DIGITS, TRACE_ID_DIGITS + SPAN_ID_DIGITS)
  traceIdAt = spanIdAt
  return id
}

/** 16 lower-case hex digits, never all zero. */
export function newSpanId(): string {
  return randomHex(SPAN_ID_DIGITS, SPAN_ID_DIGITS)
}

/** Of the trace id and the span id that were made last, one after the other. */
export function newIdBits(): IdBits {
  return [
    view.getInt32(traceIdAt, true),
    view.getInt32(traceIdAt + 4, true),
    view.getInt32(traceIdAt + 8, true),
    view.getInt32(traceIdAt + 12, true),
    view.getInt32(spanIdAt, true),
    view.getInt32(spanIdAt + 4, true),
  ]
}

/** Of the span id that was made last, in the trace of `other`. */
export function idBitsBeside(other: IdBits): IdBits {
  return [other[0], other[1], other[2], other[3], view.getInt32(spanIdAt, true), view.getInt32(spanIdAt + 4, true)]
}

/** Of the span id that was made last, in a trace that is known by its digits; undefined where these are none. */
export function idBitsWithin(traceId: string): IdBits | undefined {
  if (traceId.length !== TRACE_ID_DIGITS) return undefined
  const first = wordOf(traceId, 0)
  const second = wordOf(traceId, 8)
  const third = wordOf(traceId, 16)
  const fourth = wordOf(traceId, 24)
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) return undefined
  return [first, second, third, fourth, view.getInt32(spanIdAt, true), view.getInt32(spanIdAt + 4, true)]
}

/** Of eight lower-case hex digits; undefined where they are anything else. */
function wordOf(digits: string, from: number): number | undefined {
  let word = 0
  for (let i = 0; i < 4; i++) {
    const high = digitOf(digits.charCodeAt(from + 2 * i))
    const low = digitOf(digits.charCodeAt(from + 2 * i + 1))
    if (high < 0 || low < 0) return undefined
    word |= ((high << 4) | low) << (8 * i)
  }
  return word
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1
}

/** `room` are the digits that are to be had without new random bytes. */
function randomHex(digits: number, room: number): string {
  if (slabUsed + room > slab.length) refill()
  const id = slab.slice(slabUsed, slabUsed + digits)
  spanIdAt = poolUsed - SLAB_BYTES + slabUsed / 2
  slabUsed += digits
  return id.charCodeAt(0) === 0x30 && /^0+$/.test(id) ? randomHex(digits, room) : id
}

function refill(): void {
  if (poolUsed + SLAB_BYTES > POOL_BYTES) {
    fillRandom(words)
    poolUsed = 0
  }
  slab = pool.toString('hex', poolUsed, poolUsed + SLAB_BYTES)
  poolUsed += SLAB_BYTES
  slabUsed = 0
}
