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
const CALLED = 4
const OVER = 5
const WORDS = 6
const WORDS_BYTES = WORDS * Int32Array.BYTES_PER_ELEMENT

/** With more than this the reader is called. */
const CALL_BYTES = CAPACITY / 4

/** Which pipeline of the main thread a request is for. */
export type HandedSignal = 'spans' | 'logs'

const KINDS = ['spans', 'logs', 'measurements'] as const

/** An OTLP request of a worker thread, or a message about its measurements: see metrics/measurement-message.ts. */
export interface Handed extends Request {
  readonly signal: (typeof KINDS)[number]
}

/** Node.js has it in all lines; the library of this language level has not. */
interface WaitingAtomics {
  waitAsync(words: Int32Array, index: number, value: number): { readonly value: string | Promise<string> }
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

  /** The writer has gone, as its maker has seen. */
  get isOver(): boolean {
    return Atomics.load(this.#words, OVER) === 1
  }

  setOver(): void {
    Atomics.store(this.#words, OVER, 1)
    this.call()
  }

  /** Room for requests, about. */
  get freeBytes(): number {
    const used = (Atomics.load(this.#words, WRITTEN) - Atomics.load(this.#words, READ)) >>> 0
    return CAPACITY - used - HEAD_BYTES
  }

  /** False where there is no room. */
  write(signal: Handed['signal'], { records, body }: Request): boolean {
    if (body.byteLength > this.freeBytes) return false
    const written = Atomics.load(this.#words, WRITTEN)
    const head = new Uint32Array([body.byteLength, records, KINDS.indexOf(signal)])
    this.#put(written, new Uint8Array(head.buffer))
    this.#put(written + HEAD_BYTES, body)
    const end = written + HEAD_BYTES + body.byteLength
    Atomics.store(this.#words, WRITTEN, end)
    // The first time too: a reader that has nothing of its own learns that there is something to be delivered.
    if (written === 0 || (end - Atomics.load(this.#words, READ)) >>> 0 > CALL_BYTES) this.call()
    return true
  }

  /** Resolves what waits for a call. */
  call(): void {
    if (Atomics.exchange(this.#words, CALLED, 1) === 0) Atomics.notify(this.#words, CALLED)
  }

  /** Resolves when the writer has written much, or for the first time. Keeps no process alive. */
  async called(): Promise<void> {
    await (Atomics as unknown as WaitingAtomics).waitAsync(this.#words, CALLED, 0).value
    Atomics.store(this.#words, CALLED, 0)
  }

  /** The oldest request, which goes from the memory; undefined where there is none. */
  read(): Handed | undefined {
    const read = Atomics.load(this.#words, READ)
    if (read === Atomics.load(this.#words, WRITTEN)) return undefined
    const [length = 0, records = 0, signal = 0] = new Uint32Array(this.#take(read, HEAD_BYTES).buffer)
    const body = this.#take(read + HEAD_BYTES, length)
    Atomics.store(this.#words, READ, read + HEAD_BYTES + length)
    return { signal: KINDS[signal] ?? 'spans', records, body }
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
