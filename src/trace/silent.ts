import type { Attributes, Context, Span, SpanOptions } from '@opentelemetry/api'
import { spanOf } from '../context/context.js'
import { activeContext } from '../context/manager.js'
import { NonRecordingSpan } from './non-recording-span.js'
import { AgentTracer, INVALID_SPAN } from './tracer.js'

/** Tells by its first attributes whether the agent makes the same span. */
export type IsDouble = (attributes: Attributes | undefined) => boolean

/** The tracer of a package that traces what the agent traces already: such a span stands for its parent, and records nothing. */
export class SilentTracer extends AgentTracer {
  readonly #isDouble: IsDouble

  constructor(isDouble: IsDouble, ...settings: ConstructorParameters<typeof AgentTracer>) {
    super(...settings)
    this.#isDouble = isDouble
  }

  override startSpan(name: string, options?: SpanOptions | null, context?: Context | null): Span {
    if (!this.#isDouble(options?.attributes)) return super.startSpan(name, options, context)
    const active = activeContext()
    const parent = options?.root === true ? undefined : nearest(spanOf(context ?? active), spanOf(active))
    return parent === undefined ? INVALID_SPAN : new NonRecordingSpan(parent.spanContext())
  }
}

/** Where a package takes the caller's span from the headers of a request that is traced already, that request's span. */
function nearest(parent: Span | undefined, active: Span | undefined): Span | undefined {
  return parent === undefined || parent.spanContext().isRemote === true ? (active ?? parent) : parent
}
