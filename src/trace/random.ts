import { closeSync, openSync, readSync } from 'node:fs'

const SEED_BYTES = 16

/** Of the generator, 128 bits; made with the first number that is asked for. */
let state: Uint32Array | undefined

/**
 * Fills `words` with random bits, of the generator that this process has seeded from the system's. Identifiers have to
 * be unlike each other and need not be unpredictable.
 */
export function fillRandom(words: Uint32Array): void {
  state ??= seed()
  generate(state, words)
}

/** xoshiro128** of Blackman and Vigna (https://prng.di.unimi.it): goes on from `state`, which it moves. */
export function generate(state: Uint32Array, words: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (let i = 0; i < words.length; i++) {
    const scrambled = Math.imul(b, 5)
    words[i] = Math.imul((scrambled << 7) | (scrambled >>> 25), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
  }
  state.set([a, b, c, d])
}

/** Loading node:crypto for it would take 4 to 9 ms and 1 to 2 MiB, which a program without it need not pay. */
function seed(): Uint32Array {
  const words = new Uint32Array(SEED_BYTES / Uint32Array.BYTES_PER_ELEMENT)
  if (!readDevice(words)) process.getBuiltinModule('node:crypto').randomFillSync(words)
  return words
}

/** @returns false where the system has no such file or the program may not read it */
function readDevice(words: Uint32Array): boolean {
  if (process.platform === 'win32') return false
  try {
    const file = openSync('/dev/urandom', 'r')
    try {
      return readSync(file, words, 0, SEED_BYTES, null) === SEED_BYTES
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
}
