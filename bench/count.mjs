// Counts the spans of a body without decoding them.

const LENGTH_DELIMITED = 2
/** ResourceSpans of a request, ScopeSpans of those, spans of those. */
const PATH = [1, 2, 2]

/** OTLP protobuf. */
export function countProtobuf(bytes) {
  return countFields(bytes, 0, bytes.length, 0)
}

function countFields(bytes, from, to, depth) {
  let count = 0
  let at = from
  let value = 0
  while (at < to) {
    readVarint()
    const field = value >>> 3
    switch (value & 7) {
      case 0:
        readVarint()
        break
      case 1:
        at += 8
        break
      case LENGTH_DELIMITED:
        readVarint()
        if (field === PATH[depth]) count += depth === 2 ? 1 : countFields(bytes, at, at + value, depth + 1)
        at += value
        break
      case 5:
        at += 4
        break
      default:
        throw new Error('not protobuf')
    }
  }
  if (at !== to) throw new Error('protobuf cut short')
  return count

  function readVarint() {
    value = 0
    let scale = 1
    for (;;) {
      const byte = bytes[at++]
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return
      scale *= 128
    }
  }
}

/** OTLP JSON. */
export function countJson(bytes) {
  let count = 0
  for (const { scopeSpans = [] } of JSON.parse(bytes.toString()).resourceSpans ?? []) {
    for (const { spans = [] } of scopeSpans) count += spans.length
  }
  return count
}

/** An array of traces, each an array of spans, in MessagePack: dd-trace's /v0.4/traces. */
export function countMsgpack(bytes) {
  let at = 0
  let count = 0
  const traces = arrayLength()
  for (let i = 0; i < traces; i++) {
    const spans = arrayLength()
    count += spans
    for (let j = 0; j < spans; j++) skip()
  }
  return count

  function arrayLength() {
    const type = bytes[at++]
    if ((type & 0xf0) === 0x90) return type & 0x0f
    if (type === 0xdc) return sized(2)
    if (type === 0xdd) return sized(4)
    throw new Error(`an array was expected, not ${type}`)
  }

  function sized(size) {
    const value = bytes.readUIntBE(at, size)
    at += size
    return value
  }

  function jump(size) {
    at += size
  }

  function skipMany(values) {
    for (let i = 0; i < values; i++) skip()
  }

  function skip() {
    const type = bytes[at++]
    if (type < 0x80 || type >= 0xe0) return
    if (type < 0x90) return skipMany(2 * (type & 0x0f))
    if (type < 0xa0) return skipMany(type & 0x0f)
    if (type < 0xc0) {
      at += type & 0x1f
      return
    }
    switch (type) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return
      case 0xc4:
      case 0xd9:
        return jump(sized(1))
      case 0xc5:
      case 0xda:
        return jump(sized(2))
      case 0xc6:
      case 0xdb:
        return jump(sized(4))
      case 0xcc:
      case 0xd0:
        at += 1
        return
      case 0xcd:
      case 0xd1:
        at += 2
        return
      case 0xca:
      case 0xce:
      case 0xd2:
        at += 4
        return
      case 0xcb:
      case 0xcf:
      case 0xd3:
        at += 8
        return
      case 0xdc:
        return skipMany(sized(2))
      case 0xdd:
        return skipMany(sized(4))
      case 0xde:
        return skipMany(2 * sized(2))
      case 0xdf:
        return skipMany(2 * sized(4))
      default:
        throw new Error(`MessagePack type ${type} is not known`)
    }
  }
}
