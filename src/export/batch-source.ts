import type { Encoder } from '../otlp/encoder.js'
import type { Request, Source } from './source.js'

/**
 * Has records encoded some at a time. The code that encodes is long and runs through once for each record: for the first
 * of them the processor has to fetch it, where a request of the program's was served since, and for the others it is there.
 */
export class BatchSource<Data> implements Source {
  readonly #encoder: Encoder<Data>
  readonly #together: number
  readonly #batchRecords: number
  readonly #conclude: ((record: Data) => void) | undefined
  readonly #encoded: (() => void) | undefined
  readonly #waiting: (Data | undefined)[] = []
  #waitingCount = 0
  #isEncoding = false

  /**
   * @param together how many records wait for each other, 1 for those that may change after their end
   * @param batchRecords in a request, at most
   * @param conclude puts the rest on a record, just before it is encoded
   * @param encoded called when some have been encoded: who keeps them for something else can let go of them, too
   */
  constructor(
    encoder: Encoder<Data>,
    together: number,
    batchRecords: number,
    conclude?: (record: Data) => void,
    encoded?: () => void,
  ) {
    this.#encoder = encoder
    this.#together = together
    this.#batchRecords = batchRecords
    this.#conclude = conclude
    this.#encoded = encoded
  }

  /** Of those that are encoded; others are when there are enough of them, or when the batch is full with them. */
  get byteLength(): number {
    return this.#encoder.byteLength
  }

  get isFull(): boolean {
    return this.#encoder.count >= this.#batchRecords
  }

  /** Encodes what waits for it. */
  get count(): number {
    this.encode()
    return this.#encoder.count
  }

  /** @returns true where records were encoded: only then is there more than before to send */
  add(record: Data): boolean {
    this.#waiting[this.#waitingCount++] = record
    const count = this.#waitingCount
    if (count < this.#together && this.#encoder.count + count < this.#batchRecords) return false
    this.encode()
    return true
  }

  take(): Request {
    return { records: this.count, body: this.#encoder.take() }
  }

  /**
   * Encodes what waits for it. What a record brings forth while it is encoded, by a getter of the program's, comes after
   * the others.
   */
  encode(): void {
    if (this.#isEncoding || this.#waitingCount === 0) return
    this.#isEncoding = true
    try {
      // First the one and then the other: the code of both together is more than a processor keeps at hand.
      let concluded = 0
      for (let i = 0; i < this.#waitingCount; i++) {
        if (i === concluded) concluded = this.#concludeFrom(i)
        const record = this.#waiting[i] as Data
        this.#waiting[i] = undefined
        this.#encoder.add(record)
      }
    } finally {
      this.#waitingCount = 0
      this.#isEncoding = false
    }
    this.#encoded?.()
  }

  /** @returns how many records are concluded now */
  #concludeFrom(first: number): number {
    for (let i = first; i < this.#waitingCount; i++) this.#conclude?.(this.#waiting[i] as Data)
    return this.#waitingCount
  }
}
