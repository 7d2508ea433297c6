import { fillRandom } from './random.js'

/**
 * Ids of a kind are made so many bytes at a time, and taken one by one: that is a few words of code for each span. They
 * are slices of one text of hex digits, which costs a tenth of a conversion each; a slice keeps the whole text in memory,
 * so it is short.
 */
const TOGETHER_BYTES = 256
const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

/**
 * A trace id and a span id as six words of 32 bits, signed, each with its first byte lowest. For who writes ids in
 * binary: that takes 15 ns, and 60 to 150 where the digits have to be read.
 */
export type IdBits = readonly [number, number, number, number, number, number]

/** Random ids of one size, as lower-case hex digits, never all zero. */
class Ids {
  readonly #size: number
  readonly #words = new Uint32Array(TOGETHER_BYTES / Uint32Array.BYTES_PER_ELEMENT)
  readonly #bytes = Buffer.from(this.#words.buffer)
  readonly #view = new DataView(this.#words.buffer)
  readonly #ids: string[] = []
  #taken = 0

  /** Of whole words. */
  constructor(size: number) {
    this.#size = size
  }

  take(): string {
    if (this.#taken === this.#ids.length) this.#refill()
    return this.#ids[this.#taken++]!
  }

  /** A word of the one that was taken last. */
  word(index: number): number {
    return this.#view.getInt32((this.#taken - 1) * this.#size + Uint32Array.BYTES_PER_ELEMENT * index, true)
  }

  #refill(): void {
    // No id is zero where no word is. That leaves out one filling in 2^26.
    do fillRandom(this.#words)
    while (this.#words.includes(0))
    const digits = this.#bytes.toString('hex')
    const length = 2 * this.#size
    for (let i = 0; i < TOGETHER_BYTES / this.#size; i++) this.#ids[i] = digits.slice(length * i, length * (i + 1))
    this.#taken = 0
  }
}

const traceIds = new Ids(TRACE_ID_BYTES)
const spanIds = new Ids(SPAN_ID_BYTES)

/** 32 lower-case hex digits, never all zero; every bit is random, as the Level 2 random flag promises. */
export function newTraceId(): string {
  return traceIds.take()
}

/** 16 lower-case hex digits, never all zero. */
export function newSpanId(): string {
  return spanIds.take()
}

/** Of the trace id and the span id that were made last. */
export function newIdBits(): IdBits {
  return [traceIds.word(0), traceIds.word(1), traceIds.word(2), traceIds.word(3), spanIds.word(0), spanIds.word(1)]
}

/** Of the span id that was made last, in the trace of `other`. */
export function idBitsBeside(other: IdBits): IdBits {
  return [other[0], other[1], other[2], other[3], spanIds.word(0), spanIds.word(1)]
}
