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

/** The attributes of a span as an object. */
export function attributesOf(list: readonly unknown[]): Record<string, unknown> {
  const attributes: Record<string, unknown> = {}
  for (let i = 0; i < list.length; i += 2) {
    if (list[i + 1] !== undefined) attributes[list[i] as string] = list[i + 1]
  }
  return attributes
}
