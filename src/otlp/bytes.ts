/** Below this a new buffer would be made too often. */
const LEAST_BYTES = 4096
/** Longer strings are measured before they are written, so that 3 bytes a character are not set aside for them. */
const MEASURED_LENGTH = 1024
/**
 * Shorter strings are copied by a loop. Measured on Node 20 to 26: the loop takes 1.3 ns a character,
 * `Buffer.write` some 25 to 45 ns and next to nothing for each character (bench/encode.mjs).
 */
export const LOOP_LENGTH = 24

const EMPTY = Buffer.alloc(0)
const EMPTY_VIEW = new DataView(new ArrayBuffer(0))

/** Bytes that grow at their end. The memory is kept when they are cleared, for what comes next. */
export class ByteBuffer {
  bytes: Buffer
  /** The same memory, for numbers of several bytes. */
  view: DataView
  /** Bytes written. */
  length = 0

  /** `size` is the room to begin with. */
  constructor(size = 0) {
    this.bytes = size === 0 ? EMPTY : Buffer.allocUnsafeSlow(size)
    this.view = size === 0 ? EMPTY_VIEW : viewOf(this.bytes)
  }

  /** Makes room for `size` more bytes. @throws RangeError where no buffer can be so large. */
  reserve(size: number): void {
    if (this.bytes.length - this.length < size) this.#grow(size)
  }

  /** Appends `text` as UTF-8, U+FFFD for a lone surrogate. @returns the number of bytes. */
  text(text: string): number {
    const { length } = text
    this.reserve(length < MEASURED_LENGTH ? 3 * length : Buffer.byteLength(text))
    const start = this.length
    if (length <= LOOP_LENGTH) {
      const { bytes } = this
      let i = 0
      for (; i < length; i++) {
        const code = text.charCodeAt(i)
        if (code > 0x7f) break
        bytes[start + i] = code
      }
      if (i === length) {
        this.length = start + length
        return length
      }
    }
    const written = this.bytes.write(text, start)
    this.length = start + written
    return written
  }

  /** Appends a copy of `source`. */
  append(source: Uint8Array): void {
    this.reserve(source.length)
    this.bytes.set(source, this.length)
    this.length += source.length
  }

  /** The bytes written, themselves: the next ones may overwrite them. */
  content(): Uint8Array {
    return this.length === this.bytes.length ? this.bytes : this.bytes.subarray(0, this.length)
  }

  /** The bytes written, in memory of their own. */
  copy(): Uint8Array {
    return new Uint8Array(this.content())
  }

  /** Forgets the content, and the memory too where it is more than `keep` bytes. */
  clear(keep: number): void {
    this.length = 0
    if (this.bytes.length > keep) {
      this.bytes = EMPTY
      this.view = EMPTY_VIEW
    }
  }

  #grow(size: number): void {
    const needed = this.length + size
    // Not out of Buffer's pool, whose other users this buffer would keep in memory.
    const grown = Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, 2 * this.bytes.length, needed))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
    this.view = viewOf(grown)
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
