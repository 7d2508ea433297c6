import { type Field, fieldsOf } from './fields.js'
import { BYTES, ProtobufWriter } from './protobuf.js'

/** The only resource of a request, and what a resource has for its first field, in all signals. */
const RESOURCE = 8 * 1 + BYTES

const BRACE = '{'.charCodeAt(0)
/** Within a text its quotation mark would have a backslash before it. */
const JSON_SCOPES = ',"scope'
const LIST = '['.charCodeAt(0)
const JSON_COMMA = Buffer.from(',')
const JSON_RESOURCE_END = Buffer.from(']}')
const JSON_REQUEST_END = Buffer.from(']}')

/**
 * One export request with all that is in several of one signal and encoding, as the encoders here make them: each with
 * one resource, which is in the result once for all that have the same.
 *
 * @throws RangeError for what is no such request.
 */
export function mergeRequests(bodies: readonly Uint8Array[]): Uint8Array {
  const [first] = bodies
  if (first === undefined || bodies.length === 1) return first ?? new Uint8Array()
  return first[0] === BRACE ? mergeJson(bodies) : mergeProtobuf(bodies)
}

function mergeProtobuf(bodies: readonly Uint8Array[]): Uint8Array {
  const request = new ProtobufWriter()
  const parts = bodies.map((body) => {
    const { content, end } = firstField(body)
    return { body, start: content, head: content + firstField(body.subarray(content, end)).end, end }
  })
  for (const [head, scopes] of byHead(parts)) {
    const content = Buffer.concat([head, ...scopes])
    request.uint32(RESOURCE, content.length)
    request.append(content)
  }
  return request.content()
}

/** Of a message whose first field is a message. */
function firstField(message: Uint8Array): Field {
  const field = fieldsOf(message).next().value
  if (field?.tag !== RESOURCE) throw new RangeError('not a request with a resource')
  return field
}

function mergeJson(bodies: readonly Uint8Array[]): Uint8Array {
  const parts = bodies.map((body) => {
    const scopes = Buffer.from(body.buffer, body.byteOffset, body.byteLength).indexOf(JSON_SCOPES)
    const end = body.byteLength - JSON_RESOURCE_END.length - JSON_REQUEST_END.length
    return { body, start: afterList(body, 0), head: afterList(body, scopes), end }
  })
  const resources = [...byHead(parts)].map(([head, scopes]) =>
    Buffer.concat([head, ...separated(scopes), JSON_RESOURCE_END]),
  )
  const request = bodies[0]!.subarray(0, parts[0]!.start)
  return Buffer.concat([request, ...separated(resources), JSON_REQUEST_END])
}

/** Behind the bracket with which the next list begins. */
function afterList(body: Uint8Array, from: number): number {
  const index = from < 0 ? from : body.indexOf(LIST, from)
  if (index < 0) throw new RangeError('not a request with a list')
  return index + 1
}

function separated(parts: readonly Uint8Array[]): Uint8Array[] {
  return parts.flatMap((part, i) => (i === 0 ? [part] : [JSON_COMMA, part]))
}

interface Part {
  readonly body: Uint8Array
  /** Of the resource's content. */
  readonly start: number
  /** Where the scopes begin. */
  readonly head: number
  readonly end: number
}

/** The scopes of all requests whose resource is the same. */
function byHead(parts: readonly Part[]): Iterable<readonly [Uint8Array, readonly Uint8Array[]]> {
  const groups = new Map<string, [Uint8Array, Uint8Array[]]>()
  for (const { body, start, head, end } of parts) {
    const bytes = body.subarray(start, head)
    const key = Buffer.from(bytes).toString('latin1')
    const group = groups.get(key) ?? [bytes, []]
    group[1].push(body.subarray(head, end))
    groups.set(key, group)
  }
  return groups.values()
}
