import { fieldsOf } from './fields.js'
import { BYTES, ProtobufWriter, varintSize } from './protobuf.js'

/** An OTLP request, and how many spans, log records or data points are in it. */
export interface Counted {
  readonly body: Uint8Array
  readonly records: number
}

/**
 * An export request of any signal as two that have half of its spans, log records or metrics each, in
 * their order; resource and scope are in both where both have some of them. Undefined where it has fewer
 * than two.
 *
 * @throws RangeError or SyntaxError for what is no OTLP request.
 */
export function halve(
  body: Uint8Array,
  contentType: string,
  signal: 'span' | 'log' | 'metric_data_point',
): readonly [Counted, Counted] | undefined {
  const ofMetrics = signal === 'metric_data_point'
  return contentType === 'application/json' ? halveJson(body, ofMetrics) : halveProtobuf(body, ofMetrics)
}

/** The resources of a request, the scopes of a resource, the records of a scope: alike in all signals. */
const RESOURCES = 8 * 1 + BYTES
const SCOPES = 8 * 2 + BYTES
const RECORDS = 8 * 2 + BYTES
/** `Metric.gauge`, `sum`, `histogram`, `exponential_histogram` and `summary`, and the data points in each. */
const METRIC_DATA: ReadonlySet<number> = new Set([5, 7, 9, 10, 11].map((number) => 8 * number + BYTES))
const DATA_POINT = 8 * 1 + BYTES

/** The children of one level, and all that stands beside them. */
interface Level<Child> {
  readonly head: readonly Uint8Array[]
  readonly children: readonly Child[]
}

type Scope = Level<Uint8Array>
type Resource = Level<Scope>

function halveProtobuf(body: Uint8Array, ofMetrics: boolean): readonly [Counted, Counted] | undefined {
  const resources = levelOf(body, RESOURCES, (resource) =>
    levelOf(resource, SCOPES, (scope) => levelOf(scope, RECORDS, (record) => record)),
  ).children
  const records = resources.reduce((sum, resource) => sum + recordsOf(resource), 0)
  if (records < 2) return undefined
  const middle = records >> 1
  const half = (from: number, to: number): Counted => ({
    body: requestOf(resources, from, to),
    records: ofMetrics ? dataPointsOf(resources, from, to) : to - from,
  })
  return [half(0, middle), half(middle, records)]
}

function levelOf<Child>(message: Uint8Array, tag: number, read: (content: Uint8Array) => Child): Level<Child> {
  const head: Uint8Array[] = []
  const children: Child[] = []
  for (const field of fieldsOf(message)) {
    if (field.tag === tag) children.push(read(message.subarray(field.content, field.end)))
    else head.push(message.subarray(field.start, field.end))
  }
  return { head, children }
}

function recordsOf({ children }: Resource): number {
  return children.reduce((sum, scope) => sum + scope.children.length, 0)
}

/** The request with the records from number `from` on, up to but without number `to`. */
function requestOf(resources: readonly Resource[], from: number, to: number): Uint8Array {
  const request = new ProtobufWriter()
  let at = 0
  for (const { head, children } of resources) {
    const resource = new ProtobufWriter()
    for (const scope of children) {
      const records = scope.children.slice(Math.max(from - at, 0), Math.max(to - at, 0))
      at += scope.children.length
      if (records.length > 0) writeField(resource, SCOPES, contentOf(scope.head, records))
    }
    if (resource.length > 0) writeField(request, RESOURCES, [...head, resource.content()])
  }
  return request.copy()
}

function dataPointsOf(resources: readonly Resource[], from: number, to: number): number {
  const metrics = resources.flatMap(({ children }) => children.flatMap((scope) => scope.children))
  let count = 0
  for (const metric of metrics.slice(from, to)) {
    for (const { tag, content, end } of fieldsOf(metric)) {
      if (!METRIC_DATA.has(tag)) continue
      for (const field of fieldsOf(metric.subarray(content, end))) if (field.tag === DATA_POINT) count++
    }
  }
  return count
}

function contentOf(head: readonly Uint8Array[], records: readonly Uint8Array[]): readonly Uint8Array[] {
  const content = new ProtobufWriter()
  for (const record of records) writeField(content, RECORDS, [record])
  return [...head, content.content()]
}

function writeField(writer: ProtobufWriter, tag: number, parts: readonly Uint8Array[]): void {
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  writer.reserve(1 + varintSize(size) + size)
  writer.varint(tag)
  writer.varint(size)
  for (const part of parts) writer.append(part)
}

type Json = Record<string, unknown>

const RESOURCE_KEYS = ['resourceSpans', 'resourceLogs', 'resourceMetrics'] as const
const SCOPE_KEYS = ['scopeSpans', 'scopeLogs', 'scopeMetrics'] as const
const RECORD_KEYS = ['spans', 'logRecords', 'metrics'] as const

function halveJson(body: Uint8Array, ofMetrics: boolean): readonly [Counted, Counted] | undefined {
  const request: Json = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString())
  const signal = RESOURCE_KEYS.findIndex((key) => request[key] !== undefined)
  const keys = [RESOURCE_KEYS[signal], SCOPE_KEYS[signal], RECORD_KEYS[signal]]
  const [records, first] = cut(request, keys as string[], 0, Number.POSITIVE_INFINITY)
  const middle = records >> 1
  if (records < 2 || first === undefined) return undefined
  const half = (from: number, to: number): Counted => {
    const [, part] = cut(request, keys as string[], from, to)
    const body = Buffer.from(JSON.stringify(part))
    return { body, records: ofMetrics ? dataPointsIn(part) : to - from }
  }
  return [half(0, middle), half(middle, records)]
}

/**
 * How many records `level` has, and the level with those from number `from` on, up to but without number
 * `to`; undefined where that leaves none.
 */
function cut(level: Json, [key, ...deeper]: readonly string[], from: number, to: number): [number, Json | undefined] {
  const children = (level[key as string] ?? []) as Json[]
  if (deeper.length === 0) {
    const kept = children.slice(Math.max(from, 0), Math.max(to, 0))
    return [children.length, kept.length === 0 ? undefined : { ...level, [key as string]: kept }]
  }
  let at = 0
  const kept: Json[] = []
  for (const child of children) {
    const [records, part] = cut(child, deeper, from - at, to - at)
    at += records
    if (part !== undefined) kept.push(part)
  }
  return [at, kept.length === 0 ? undefined : { ...level, [key as string]: kept }]
}

function dataPointsIn(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 0
  const { dataPoints } = json as { dataPoints?: unknown }
  if (Array.isArray(dataPoints)) return dataPoints.length
  return Object.values(json).reduce((sum: number, value) => sum + dataPointsIn(value), 0)
}
