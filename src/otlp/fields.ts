import { BYTES, FIXED32, FIXED64, VARINT } from './protobuf.js'

/** A field of a message: where it begins, where its content does, and what is the first byte beyond. */
export interface Field {
  readonly tag: number
  readonly start: number
  readonly content: number
  readonly end: number
  /** Of a varint, as if it were unsigned, and beyond 2^53 to the precision of a number; else 0. */
  readonly value: number
}

/** A varint has at most ten bytes, of seven bits each. */
const VARINT_LIMIT = 2 ** 70

/**
 * The fields of a protobuf message, in their order.
 *
 * @throws RangeError for what is no message, when it comes to that.
 */
export function* fieldsOf(message: Uint8Array): Generator<Field, undefined> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; factor < VARINT_LIMIT; factor *= 128) {
      const byte = message[at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new RangeError('not a varint')
  }
  while (at < message.length) {
    const start = at
    const tag = varint()
    const type = tag % 8
    const size = type === BYTES ? varint() : type === FIXED64 ? 8 : type === FIXED32 ? 4 : 0
    const content = at
    const value = type === VARINT ? varint() : 0
    if (type !== VARINT && type !== BYTES && type !== FIXED64 && type !== FIXED32)
      throw new RangeError('not a wire type')
    at += size
    if (at > message.length) throw new RangeError('ends within a field')
    yield { tag, start, content, end: at, value }
  }
}
