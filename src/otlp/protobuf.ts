import type { IdBits } from '../trace/id.js'
import { ByteBuffer } from './bytes.js'

/** Wire types of protobuf, to be added to a field number times 8. */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
export const FIXED32 = 5

/** The room a scalar field takes at most: a tag of 2 bytes and a varint of 10. */
const SCALAR_BYTES = 12
const TWO_32 = 4_294_967_296

/** The value of a hex digit, -1 for other characters. */
const HEX = new Int8Array(256).fill(-1)
for (let i = 0; i < 16; i++) {
  HEX['0123456789abcdef'.charCodeAt(i)] = i
  HEX['0123456789ABCDEF'.charCodeAt(i)] = i
}

/**
 * Appends the fields of a protobuf message. A `tag` is the field number times 8 plus the wire type, as
 * protobuf writes it. Fields of any size are right; fields are not left out for being zero or empty.
 */
export class ProtobufWriter extends ByteBuffer {
  /** The start of a field, below number 16, whose content comes by other calls. */
  tag(tag: number): void {
    this.reserve(1)
    this.bytes[this.length++] = tag
  }

  /** An unsigned integer below 2^32: a length, a count or an enum. */
  uint32(tag: number, value: number): void {
    this.reserve(SCALAR_BYTES)
    this.varint(tag)
    this.varint(value)
  }

  bool(tag: number, value: boolean): void {
    this.uint32(tag, value ? 1 : 0)
  }

  /** Two's complement in a varint, as int64 has it; `value` is a safe integer. */
  int64(tag: number, value: number): void {
    if (value >= 0 && value < TWO_32) this.uint32(tag, value)
    else this.#varint64(tag, Math.floor(value / TWO_32) >>> 0, value >>> 0)
  }

  /** As `int64`; `value` is from -2^63 to 2^63 - 1. */
  bigInt64(tag: number, value: bigint): void {
    this.#varint64(tag, Number(BigInt.asUintN(32, value >> 32n)), Number(BigInt.asUintN(32, value)))
  }

  fixed32(tag: number, value: number): void {
    this.reserve(SCALAR_BYTES)
    this.varint(tag)
    this.#littleEndian(value)
  }

  /** `seconds` * 10^9 + `nanos`, exactly, for whole numbers; the sum is below 2^64. */
  fixed64Nanos(tag: number, seconds: number, nanos: number): void {
    this.reserve(SCALAR_BYTES)
    this.varint(tag)
    // seconds * 10^9 is beyond the whole numbers of a double, so the product is made of two that are exact.
    const secondsHigh = Math.floor(seconds / 65_536)
    const upper = secondsHigh * 1e9
    const upperHigh = Math.floor(upper / 65_536)
    const lower = (upper - upperHigh * 65_536) * 65_536 + (seconds - secondsHigh * 65_536) * 1e9 + nanos
    const carry = Math.floor(lower / TWO_32)
    this.#littleEndian(lower - carry * TWO_32)
    this.#littleEndian(upperHigh + carry)
  }

  /** A whole number from -2^63 to 2^63 - 1024; a negative one in two's complement, as sfixed64 has it. */
  fixed64(tag: number, value: number): void {
    this.reserve(SCALAR_BYTES)
    this.varint(tag)
    this.#fixed64(value)
  }

  /** As int32 in the zigzag of sint32. */
  sint32(tag: number, value: number): void {
    this.uint32(tag, ((value << 1) ^ (value >> 31)) >>> 0)
  }

  /** Counts, packed, each in 8 bytes. */
  packedFixed64(tag: number, values: readonly number[]): void {
    this.#openPacked(tag, values.length)
    for (const value of values) this.#fixed64(value)
  }

  packedDouble(tag: number, values: readonly number[]): void {
    this.#openPacked(tag, values.length)
    for (const value of values) this.#double(value)
  }

  /** Counts, packed, each in as many bytes as it needs. */
  packedUint64(tag: number, values: readonly number[]): void {
    this.tag(tag)
    const start = this.open(2)
    this.reserve(8 * values.length)
    for (const value of values) {
      let rest = value
      for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.bytes[this.length++] = (rest % 128) | 0x80
      this.bytes[this.length++] = rest
    }
    this.close(start, 2)
  }

  double(tag: number, value: number): void {
    this.reserve(SCALAR_BYTES)
    this.varint(tag)
    this.#double(value)
  }

  string(tag: number, text: string): void {
    this.reserve(SCALAR_BYTES)
    this.varint(tag)
    // Exact for ASCII; what else it may hold is found when it is written.
    const size = varintSize(text.length)
    const start = this.open(size)
    this.text(text)
    this.close(start, size)
  }

  blob(tag: number, content: Uint8Array): void {
    this.reserve(SCALAR_BYTES)
    this.varint(tag)
    this.varint(content.length)
    this.append(content)
  }

  /**
   * An id given as `size` * 2 hex digits of either case.
   *
   * @returns false, and nothing is written, when it is anything else or all zero.
   */
  hexId(tag: number, hex: string, size: number): boolean {
    if (hex.length !== 2 * size) return false
    this.reserve(SCALAR_BYTES + size)
    const start = this.length
    this.varint(tag)
    this.varint(size)
    const { bytes } = this
    let at = this.length
    let all = 0
    for (let i = 0; i < 2 * size; i += 2) {
      const high = hex.charCodeAt(i)
      const low = hex.charCodeAt(i + 1)
      const value = (HEX[high & 0xff]! << 4) | HEX[low & 0xff]!
      // Becomes negative by a character that is no digit, and more than 255 by one that is not even Latin.
      all |= value | ((high | low) & 0xff00)
      bytes[at++] = value
    }
    const valid = all > 0 && all <= 0xff
    this.length = valid ? at : start
    return valid
  }

  /** The trace id of `bits`, 16 bytes; `tag` is below 128. */
  traceId(tag: number, bits: IdBits): void {
    this.reserve(SCALAR_BYTES + 16)
    const { bytes, view, length } = this
    bytes[length] = tag
    bytes[length + 1] = 16
    view.setInt32(length + 2, bits[0], true)
    view.setInt32(length + 6, bits[1], true)
    view.setInt32(length + 10, bits[2], true)
    view.setInt32(length + 14, bits[3], true)
    this.length = length + 18
  }

  /** The span id of `bits`, 8 bytes; `tag` is below 128. */
  spanId(tag: number, bits: IdBits): void {
    this.reserve(SCALAR_BYTES + 8)
    const { bytes, view, length } = this
    bytes[length] = tag
    bytes[length + 1] = 8
    view.setInt32(length + 2, bits[4], true)
    view.setInt32(length + 6, bits[5], true)
    this.length = length + 10
  }

  /**
   * Begins a field whose length is not known yet, after its tag, with `size` bytes set aside for the
   * length: 1 holds up to 127, 2 up to 16383.
   *
   * @returns where the content starts, which `close` wants together with `size`.
   */
  open(size: number): number {
    this.reserve(size)
    this.length += size
    return this.length
  }

  /** Sets the length of what was begun at `start`; the content moves where `size` bytes cannot hold it. */
  close(start: number, size: number): void {
    const length = this.length - start
    const needed = varintSize(length)
    if (needed > size) {
      this.reserve(needed - size)
      this.bytes.copyWithin(start + needed - size, start, this.length)
      this.length += needed - size
    }
    // A shorter length is padded to its place with zero bits, which protobuf allows.
    const width = needed > size ? needed : size
    const { bytes } = this
    let at = start - size
    let rest = length
    for (let i = 1; i < width; i++) {
      bytes[at++] = rest | 0x80
      rest >>>= 7
    }
    bytes[at] = rest
  }

  /** Without a tag, and in room that was reserved. `value` is below 2^32. */
  varint(value: number): void {
    const { bytes } = this
    let at = this.length
    let rest = value
    while (rest > 0x7f) {
      bytes[at++] = rest | 0x80
      rest >>>= 7
    }
    bytes[at++] = rest
    this.length = at
  }

  #openPacked(tag: number, elements: number): void {
    this.reserve(SCALAR_BYTES + 8 * elements)
    this.varint(tag)
    this.varint(8 * elements)
  }

  #double(value: number): void {
    this.view.setFloat64(this.length, value, true)
    this.length += 8
  }

  #fixed64(value: number): void {
    const high = Math.floor(value / TWO_32)
    this.#littleEndian(value - high * TWO_32)
    this.#littleEndian(high)
  }

  #varint64(tag: number, high: number, low: number): void {
    this.reserve(SCALAR_BYTES)
    this.varint(tag)
    const { bytes } = this
    let at = this.length
    let upper = high
    let lower = low
    while (upper > 0 || lower > 0x7f) {
      bytes[at++] = lower | 0x80
      lower = ((lower >>> 7) | (upper << 25)) >>> 0
      upper >>>= 7
    }
    bytes[at++] = lower
    this.length = at
  }

  #littleEndian(value: number): void {
    this.view.setInt32(this.length, value | 0, true)
    this.length += 4
  }
}

/** How many bytes a varint has; `value` is below 2^32. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}
