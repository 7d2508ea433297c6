import { randomFillSync } from 'node:crypto'

/** How many ids one call to the system's generator pays for. */
const POOL_BYTES = 8192
const pool = Buffer.allocUnsafe(POOL_BYTES)
let used = POOL_BYTES

/** 32 lower-case hex digits, never all zero; every bit is random, as the Level 2 random flag promises. */
export function newTraceId(): string {
  return randomHex(16)
}

/** 16 lower-case hex digits, never all zero. */
export function newSpanId(): string {
  return randomHex(8)
}

function randomHex(bytes: number): string {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  const start = used
  used += bytes
  if (pool[start] === 0 && isZero(start, used)) return randomHex(bytes)
  return pool.toString('hex', start, used)
}

function isZero(start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (pool[i] !== 0) return false
  }
  return true
}
