import { messageType } from './otlp-proto.js'
import { type Message, readJson, readProtobuf } from './otlp-strict.js'

export interface DecodedEvent {
  readonly name: string
  readonly timeUnixNano: bigint
  readonly attributes: Record<string, unknown>
  readonly droppedAttributesCount: number
}

export interface DecodedLink {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly flags: number
  readonly attributes: Record<string, unknown>
  readonly droppedAttributesCount: number
}

export interface DecodedSpan {
  /** Lower-case hex, as all ids here. */
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root span. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly flags: number
  readonly name: string
  /** 1 INTERNAL, 2 SERVER, 3 CLIENT, 4 PRODUCER, 5 CONSUMER. */
  readonly kind: number
  readonly startTimeUnixNano: bigint
  readonly endTimeUnixNano: bigint
  /**
   * Strings, booleans, null for the empty value, Uint8Array, arrays and plain objects as they are;
   * an int is a number where that is exact, else a bigint; a double is a number.
   */
  readonly attributes: Record<string, unknown>
  readonly droppedAttributesCount: number
  readonly events: readonly DecodedEvent[]
  readonly droppedEventsCount: number
  readonly links: readonly DecodedLink[]
  readonly droppedLinksCount: number
  readonly status: { readonly code: number; readonly message: string }
  readonly scope: { readonly name: string; readonly version: string }
  readonly resource: Record<string, unknown>
}

export interface TracesRequest {
  /** All spans in the order of the request. */
  readonly spans: readonly DecodedSpan[]
  /** The `ExportTraceServiceRequest` itself, which keeps apart what `spans` does not: int and double, schema URLs. */
  readonly raw: Message
}

export interface PartialSuccess {
  readonly rejectedSpans: number
  readonly errorMessage: string
}

/**
 * Decodes an export request, and throws where it is not exactly what OTLP asks for, also where a
 * collector would let it pass.
 */
export function decodeTraces(body: Uint8Array, contentType: string): TracesRequest {
  const raw = decodeMessage('ExportTraceServiceRequest', body, contentType)
  const spans: DecodedSpan[] = []
  for (const resourceSpans of messages(raw.resourceSpans)) {
    const resource = attributesOf(present(resourceSpans.resource, 'resource'), 'resource')
    for (const scopeSpans of some(messages(resourceSpans.scopeSpans), 'scopeSpans')) {
      const { name, version } = present(scopeSpans.scope, 'scope')
      const scope = { name: name as string, version: version as string }
      for (const span of some(messages(scopeSpans.spans), 'spans')) spans.push(spanOf(span, scope, resource))
    }
  }
  return { spans, raw }
}

/** Decodes any message that otlp-proto.ts knows. Strict about the schema, with no further checks. */
export function decodeMessage(typeName: string, body: Uint8Array, contentType: string): Message {
  return isJson(contentType) ? readJson(messageType(typeName), body) : readProtobuf(messageType(typeName), body)
}

/** The body of a collector's healthy answer to an export of metrics or logs. */
export function encodeEmptyResponse(signal: 'Metrics' | 'Logs', contentType: string): Uint8Array {
  return isJson(contentType) ? Buffer.from('{}') : encodeMessage(`Export${signal}ServiceResponse`, {})
}

/** The body of a collector's answer to an export of traces. */
export function encodeTracesResponse(partialSuccess: PartialSuccess | undefined, contentType: string): Uint8Array {
  if (isJson(contentType)) {
    const { rejectedSpans = 0, errorMessage = '' } = partialSuccess ?? {}
    return Buffer.from(
      JSON.stringify(
        partialSuccess === undefined
          ? {}
          : {
              partialSuccess: {
                ...(rejectedSpans === 0 ? {} : { rejectedSpans: String(rejectedSpans) }),
                ...(errorMessage === '' ? {} : { errorMessage }),
              },
            },
      ),
    )
  }
  return encodeMessage('ExportTraceServiceResponse', { partialSuccess })
}

/** The body of a collector's refusal: `google.rpc.Status`. */
export function encodeStatus(code: number, message: string, contentType: string): Uint8Array {
  if (isJson(contentType)) return Buffer.from(JSON.stringify({ code, message }))
  return encodeMessage('RpcStatus', { code, message })
}

/** Encodes any message that otlp-proto.ts knows as protobuf, unchecked: broken ones are of use too. */
export function encodeMessage(typeName: string, message: object): Uint8Array {
  const type = messageType(typeName)
  return type.encode(type.fromObject(message)).finish()
}

function isJson(contentType: string): boolean {
  const [mediaType] = contentType.split(';')
  if (mediaType === 'application/json') return true
  if (mediaType === 'application/x-protobuf') return false
  throw new Error(`content-type ${contentType}`)
}

function spanOf(span: Message, scope: DecodedSpan['scope'], resource: Record<string, unknown>): DecodedSpan {
  const name = filled(span.name, 'span.name')
  const kind = span.kind as number
  if (kind < 1 || kind > 5) throw new Error(`${name}: kind ${kind}`)
  const startTimeUnixNano = time(span.startTimeUnixNano, `${name}: startTimeUnixNano`)
  const endTimeUnixNano = time(span.endTimeUnixNano, `${name}: endTimeUnixNano`)
  if (endTimeUnixNano < startTimeUnixNano) throw new Error(`${name}: ends before it starts`)
  const status = (span.status ?? { code: 0, message: '' }) as DecodedSpan['status']
  if (status.code < 0 || status.code > 2) throw new Error(`${name}: status code ${status.code}`)
  const parentSpanId = span.parentSpanId as Uint8Array
  return {
    traceId: id(span.traceId, 16, `${name}: traceId`),
    spanId: id(span.spanId, 8, `${name}: spanId`),
    parentSpanId: parentSpanId.length === 0 ? '' : id(parentSpanId, 8, `${name}: parentSpanId`),
    traceState: span.traceState as string,
    flags: flags(span.flags, name),
    name,
    kind,
    startTimeUnixNano,
    endTimeUnixNano,
    attributes: attributesOf(span, name),
    droppedAttributesCount: span.droppedAttributesCount as number,
    events: messages(span.events).map((event) => eventOf(event, name)),
    droppedEventsCount: span.droppedEventsCount as number,
    links: messages(span.links).map((link) => linkOf(link, name)),
    droppedLinksCount: span.droppedLinksCount as number,
    status: { code: status.code, message: status.message },
    scope,
    resource,
  }
}

function eventOf(event: Message, span: string): DecodedEvent {
  return {
    name: filled(event.name, `${span}: event name`),
    timeUnixNano: time(event.timeUnixNano, `${span}: event timeUnixNano`),
    attributes: attributesOf(event, `${span}: event`),
    droppedAttributesCount: event.droppedAttributesCount as number,
  }
}

function linkOf(link: Message, span: string): DecodedLink {
  return {
    traceId: id(link.traceId, 16, `${span}: link traceId`),
    spanId: id(link.spanId, 8, `${span}: link spanId`),
    traceState: link.traceState as string,
    flags: flags(link.flags, `${span}: link`),
    attributes: attributesOf(link, `${span}: link`),
    droppedAttributesCount: link.droppedAttributesCount as number,
  }
}

export function attributesOf(owner: Message, path: string): Record<string, unknown> {
  const attributes = objectOf(messages(owner.attributes), path)
  if (Object.hasOwn(attributes, '')) throw new Error(`${path}: an attribute without a key`)
  return attributes
}

function objectOf(keyValues: readonly Message[], path: string): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const { key, value } of keyValues) {
    const where = `${path}: ${key}`
    if (Object.hasOwn(object, key as string)) throw new Error(`${where}: given twice`)
    // Not an assignment, which would set the prototype for the key __proto__.
    Object.defineProperty(object, key as string, {
      value: plainValue(present(value, where), where),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return object
}

export function plainValue(anyValue: Message, path: string): unknown {
  const member = anyValue.value as string | undefined
  if (member === undefined) return null
  const value = anyValue[member]
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (member === 'arrayValue') {
    return messages((value as Message).values).map((element, index) => plainValue(element, `${path}[${index}]`))
  }
  return member === 'kvlistValue' ? objectOf(messages((value as Message).values), path) : value
}

export function messages(value: unknown): readonly Message[] {
  return value as readonly Message[]
}

export function some(list: readonly Message[], path: string): readonly Message[] {
  if (list.length === 0) throw new Error(`${path}: an empty envelope`)
  return list
}

export function present(message: unknown, path: string): Message {
  if (message === null || message === undefined) throw new Error(`${path}: missing`)
  return message as Message
}

export function filled(text: unknown, path: string): string {
  if (text === '') throw new Error(`${path}: empty`)
  return text as string
}

export function time(nanos: unknown, path: string): bigint {
  if (nanos === 0n) throw new Error(`${path}: missing`)
  return nanos as bigint
}

function flags(bits: unknown, path: string): number {
  if (((bits as number) & ~0x3ff) !== 0) throw new Error(`${path}: flags ${bits}`)
  return bits as number
}

export function id(bytes: unknown, length: number, path: string): string {
  const hex = Buffer.from(bytes as Uint8Array).toString('hex')
  if (hex.length !== 2 * length) throw new Error(`${path}: ${hex.length / 2} bytes`)
  if (/^0*$/.test(hex)) throw new Error(`${path}: all zero`)
  return hex
}
