import type { SpanContext } from '@opentelemetry/api'
import { DEFAULT_LIMITS, type SpanLimits } from '../../src/trace/limits.js'
import { AgentTracerProvider } from '../../src/trace/provider.js'
import type { Sampler } from '../../src/trace/sampler.js'
import { alwaysOn } from '../../src/trace/sampler.js'
import type { SpanData } from '../../src/trace/span.js'
import type { AgentTracer } from '../../src/trace/tracer.js'

/** A tracer whose ended spans are kept in a list. */
export function recordingTracer(options: { sampler?: Sampler; limits?: Partial<SpanLimits> } = {}): {
  tracer: AgentTracer
  provider: AgentTracerProvider
  ended: SpanData[]
} {
  const ended: SpanData[] = []
  const provider = new AgentTracerProvider({
    sampler: options.sampler ?? alwaysOn,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    processor: { onEnd: (span) => ended.push(span) },
  })
  return { tracer: provider.getTracer('test', '1.2.3'), provider, ended }
}

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN_ID = 'b7ad6b7169203331'

/** Identities as programs make them of what they were sent. */
export const ILL_FORMED: Readonly<Record<string, SpanContext>> = {
  'a UUID': { traceId: '0af76519-16cd-43dd-8448-eb211c80319c', spanId: SPAN_ID, traceFlags: 1 },
  'too short a trace id': { traceId: TRACE_ID.slice(1), spanId: SPAN_ID, traceFlags: 1 },
  'too long a trace id': { traceId: `${TRACE_ID}0`, spanId: SPAN_ID, traceFlags: 1 },
  'too short a span id': { traceId: TRACE_ID, spanId: SPAN_ID.slice(1), traceFlags: 1 },
  'too long a span id': { traceId: TRACE_ID, spanId: `${SPAN_ID}0`, traceFlags: 1 },
  'no digits': { traceId: 'x'.repeat(32), spanId: 'x'.repeat(16), traceFlags: 1 },
  'a quotation mark': { traceId: 'x"y', spanId: SPAN_ID, traceFlags: 1 },
  'empty ids': { traceId: '', spanId: '', traceFlags: 1 },
  'no ids': { traceFlags: 1 } as SpanContext,
  null: null as never,
  zeros: { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 1 },
}

/** Throws when any of its members is read, and as the handler of a proxy. */
export const UNREADABLE = {
  get ownKeys(): never {
    throw new Error('not to be read')
  },
}

/** The attributes of a span as an object. */
export function attributesOf(list: readonly unknown[]): Record<string, unknown> {
  const attributes: Record<string, unknown> = {}
  for (let i = 0; i < list.length; i += 2) {
    if (list[i + 1] !== undefined) attributes[list[i] as string] = list[i + 1]
  }
  return attributes
}
