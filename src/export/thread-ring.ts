import type { Request } from './source.js'

/** Bytes for what a thread has not been rid of yet, a power of two; memory that is not written to is not used. */
const CAPACITY = 1024 * 1024
/** Of the length, the number of records and the signal of a request. */
const HEAD_BYTES = 12

/* Words in front of the bytes. Positions only grow, modulo 2^32. */
const WRITTEN = 0
const READ = 1
const OPEN_SPANS = 2
const CLAIMED = 3
const WORDS = 4
const WORDS_BYTES = WORDS * Int32Array.BYTES_PER_ELEMENT

/** Which pipeline of the main thread a request is for. */
export type HandedSignal = 'spans' | 'logs'

const SIGNALS: readonly HandedSignal[] = ['spans', 'logs']

/** An OTLP request of a worker thread. */
export interface HandedRequest extends Request {
  readonly signal: HandedSignal
}

/**
 * Memory that two threads share: one writes OTLP requests, the other reads them. What is written stays when the writer is
 * terminated, at whatever moment: a request is there when all of it is.
 */
export class ThreadRing {
  readonly #words: Int32Array
  readonly #bytes: Uint8Array

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, WORDS)
    this.#bytes = new Uint8Array(memory, WORDS_BYTES, CAPACITY)
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(WORDS_BYTES + CAPACITY)
  }

  /** Takes the memory for its one writer; false where another thread has it. */
  claim(): boolean {
    return Atomics.compareExchange(this.#words, CLAIMED, 0, 1) === 0
  }

  /** Spans that would be lost with the writer now: some of them, for not each start is written. */
  get openSpans(): number {
    return Atomics.load(this.#words, OPEN_SPANS)
  }

  set openSpans(count: number) {
    Atomics.store(this.#words, OPEN_SPANS, count)
  }

  /** Room for requests, about. */
  get freeBytes(): number {
    const used = (Atomics.load(this.#words, WRITTEN) - Atomics.load(this.#words, READ)) >>> 0
    return CAPACITY - used - HEAD_BYTES
  }

  /** False where there is no room. */
  write(signal: HandedSignal, { records, body }: Request): boolean {
    if (body.byteLength > this.freeBytes) return false
    const written = Atomics.load(this.#words, WRITTEN)
    const head = new Uint32Array([body.byteLength, records, SIGNALS.indexOf(signal)])
    this.#put(written, new Uint8Array(head.buffer))
    this.#put(written + HEAD_BYTES, body)
    Atomics.store(this.#words, WRITTEN, written + HEAD_BYTES + body.byteLength)
    return true
  }

  /** The oldest request, which goes from the memory; undefined where there is none. */
  read(): HandedRequest | undefined {
    const read = Atomics.load(this.#words, READ)
    if (read === Atomics.load(this.#words, WRITTEN)) return undefined
    const [length = 0, records = 0, signal = 0] = new Uint32Array(this.#take(read, HEAD_BYTES).buffer)
    const body = this.#take(read + HEAD_BYTES, length)
    Atomics.store(this.#words, READ, read + HEAD_BYTES + length)
    return { signal: SIGNALS[signal] ?? 'spans', records, body }
  }

  #put(position: number, data: Uint8Array): void {
    const start = (position >>> 0) % CAPACITY
    const first = Math.min(data.byteLength, CAPACITY - start)
    this.#bytes.set(data.subarray(0, first), start)
    this.#bytes.set(data.subarray(first), 0)
  }

  #take(position: number, length: number): Uint8Array<ArrayBuffer> {
    const start = (position >>> 0) % CAPACITY
    const data = new Uint8Array(length)
    const first = Math.min(length, CAPACITY - start)
    data.set(this.#bytes.subarray(start, start + first))
    data.set(this.#bytes.subarray(0, length - first), first)
    return data
  }
}
