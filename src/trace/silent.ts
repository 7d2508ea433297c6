import type { Context, Span, SpanOptions } from '@opentelemetry/api'
import { spanOf } from '../context/context.js'
import { activeContext } from '../context/manager.js'
import { NonRecordingSpan } from './non-recording-span.js'
import { AgentTracer, INVALID_SPAN } from './tracer.js'

/** The tracer of a package that traces what the agent traces already: each span stands for its parent, and records nothing. */
export class SilentTracer extends AgentTracer {
  override startSpan(_name: string, { root }: SpanOptions = {}, context: Context = activeContext()): Span {
    const parent = root === true ? undefined : nearest(spanOf(context), spanOf(activeContext()))
    return parent === undefined ? INVALID_SPAN : new NonRecordingSpan(parent.spanContext())
  }
}

/** Where a package takes the caller's span from the headers of a request that is traced already, that request's span. */
function nearest(parent: Span | undefined, active: Span | undefined): Span | undefined {
  return parent === undefined || parent.spanContext().isRemote === true ? (active ?? parent) : parent
}
