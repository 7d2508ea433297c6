import { fillRandom } from './random.js'

/** Random bytes that are made at a time. */
const POOL_BYTES = 8192
/**
 * Random bytes that are made hex digits at a time. Ids are slices of that text, which costs a tenth of
 * a conversion each; a slice keeps the whole text in memory, so it is short.
 */
const SLAB_BYTES = 256

const words = new Uint32Array(POOL_BYTES / Uint32Array.BYTES_PER_ELEMENT)
const pool = Buffer.from(words.buffer)
let poolUsed = POOL_BYTES
let slab = ''
let slabUsed = 0

/** 32 lower-case hex digits, never all zero; every bit is random, as the Level 2 random flag promises. */
export function newTraceId(): string {
  return randomHex(32)
}

/** 16 lower-case hex digits, never all zero. */
export function newSpanId(): string {
  return randomHex(16)
}

function randomHex(digits: number): string {
  if (slabUsed + digits > slab.length) refill()
  const id = slab.slice(slabUsed, slabUsed + digits)
  slabUsed += digits
  return id.charCodeAt(0) === 0x30 && /^0+$/.test(id) ? randomHex(digits) : id
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
