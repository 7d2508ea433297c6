import type { SpanContext } from '@opentelemetry/api'
import type { Protocol } from '../../src/config/config.js'
import { createSpanEncoder } from '../../src/otlp/encoders.js'
import type { Resource } from '../../src/resource/resource.js'
import type { AttributeList, Value } from '../../src/trace/attributes.js'
import { type Time, toUnixNanos } from '../../src/trace/clock.js'
import type { SpanData, SpanEvent, SpanLink } from '../../src/trace/span.js'
import { type DecodedSpan, decodeTraces, type TracesRequest } from '../harness/otlp-decode.js'

export const PROTOCOLS: readonly Protocol[] = ['http/protobuf', 'http/json']
export const TRACE_ID = '0123456789abcdef0123456789abcdef'
export const SPAN_ID = 'fedcba9876543210'
export const ANCHOR = 1_700_000_000_000.25
const SCOPE = { name: 'a scope', version: '', schemaUrl: '' }
const RESOURCE: Resource = { attributes: ['service.name', 'shop'], schemaUrl: '' }

/** An ended root span without anything that can be left out, but for what `members` say. */
export function spanData(members: Partial<SpanData> = {}): SpanData {
  return {
    traceId: TRACE_ID,
    spanId: SPAN_ID,
    traceFlags: 3,
    traceState: undefined,
    parentSpanId: '',
    parentIsRemote: false,
    name: 'a span',
    kind: 0,
    startTime: 1000.5,
    endTime: 1001.5,
    anchor: ANCHOR,
    shared: undefined,
    outcome: undefined,
    attributes: [],
    droppedAttributes: 0,
    events: undefined,
    droppedEvents: 0,
    links: undefined,
    droppedLinks: 0,
    statusCode: 0,
    statusMessage: '',
    scope: SCOPE,
    bits: undefined,
    parentBits: undefined,
    ...members,
  }
}

/** What a collector reads of the spans. */
export function delivered(protocol: Protocol, spans: Iterable<SpanData>, resource: Resource = RESOURCE): TracesRequest {
  const encoder = createSpanEncoder(protocol, resource)
  for (const span of spans) encoder.add(span)
  return decodeTraces(encoder.take(), encoder.contentType)
}

export function deliveredSpan(protocol: Protocol, members: Partial<SpanData>): DecodedSpan {
  const [span] = delivered(protocol, [spanData(members)]).spans
  if (span === undefined) throw new Error('the span was left out')
  return span
}

export function deliveredValue(protocol: Protocol, value: Value): unknown {
  return deliveredSpan(protocol, { attributes: ['key', value] }).attributes.key
}

export function spanContext(members: Partial<SpanContext> = {}): SpanContext {
  return { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, ...members }
}

/** What `delivered` has to give for a span with valid ids, by the plainest means. */
export function expectedSpan(span: SpanData, resource: Record<string, unknown>): DecodedSpan {
  const start = toUnixNanos(span.startTime, span.anchor)
  const end = toUnixNanos(span.endTime, span.anchor)
  const { name, version } = span.scope
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: span.traceState?.serialize() ?? '',
    flags: flags(span.traceFlags, span.parentIsRemote),
    name: utf8(span.name),
    kind: span.kind + 1,
    startTimeUnixNano: start,
    endTimeUnixNano: end < start ? start : end,
    attributes: expectedAttributes(span.attributes),
    droppedAttributesCount: span.droppedAttributes,
    events: (span.events ?? []).map((event) => expectedEvent(event, span.anchor)),
    droppedEventsCount: span.droppedEvents,
    links: (span.links ?? []).map(expectedLink),
    droppedLinksCount: span.droppedLinks,
    status: { code: span.statusCode, message: utf8(span.statusMessage) },
    scope: { name: utf8(name), version: utf8(version) },
    resource,
  }
}

function expectedEvent(event: SpanEvent, anchor: number): DecodedSpan['events'][number] {
  return {
    name: utf8(event.name),
    timeUnixNano: toUnixNanos(event.time, anchor),
    attributes: expectedAttributes(event.attributes),
    droppedAttributesCount: event.droppedAttributes,
  }
}

function expectedLink({ context, attributes, droppedAttributes }: SpanLink): DecodedSpan['links'][number] {
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    traceState: context.traceState?.serialize() ?? '',
    flags: flags(context.traceFlags, context.isRemote === true),
    attributes: expectedAttributes(attributes),
    droppedAttributesCount: droppedAttributes,
  }
}

function expectedAttributes(list: Readonly<AttributeList>): Record<string, unknown> {
  const entries: [string, unknown][] = []
  for (let i = 0; i < list.length; i += 2) {
    const value = list[i + 1]
    if (value !== undefined) entries.push([utf8(list[i] as string), expectedValue(value)])
  }
  return Object.fromEntries(entries)
}

export function expectedValue(value: Value): unknown {
  if (typeof value === 'string') return utf8(value)
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) !== value) return String(value)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(expectedValue)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [utf8(key), expectedValue(member)]))
}

function flags(traceFlags: number, isRemote: boolean): number {
  return traceFlags | (isRemote ? 0x300 : 0x100)
}

/** As a collector reads it: U+FFFD for lone surrogates. */
function utf8(text: string): string {
  return Buffer.from(text).toString()
}

export function exactly(seconds: number, nanos: number): Time {
  return [seconds, nanos]
}
