import type { Attributes, Span, SpanContext } from '@opentelemetry/api'
import type { IdBits } from './id.js'

/** The attribute by which the program, or another package, tells the route of the request that it serves. */
export const HTTP_ROUTE = 'http.route'

/**
 * A span that keeps its place in the trace and records nothing: dropped by the sampler, or a remote parent. The route of a
 * request counts all the same, for its metrics.
 */
export class NonRecordingSpan implements Span {
  /** Of its ids, where they have been read; for those that have it as their parent. */
  readonly bits: IdBits | undefined
  /** As it was told; of any type. */
  route: unknown = undefined
  readonly #context: SpanContext

  constructor(context: SpanContext, bits?: IdBits) {
    this.#context = context
    this.bits = bits
  }

  spanContext(): SpanContext {
    return this.#context
  }

  isRecording(): boolean {
    return false
  }

  setAttribute(key: string, value: unknown): this {
    if (key === HTTP_ROUTE) this.route = value
    return this
  }

  setAttributes(attributes: Attributes): this {
    this.route = attributes?.[HTTP_ROUTE] ?? this.route
    return this
  }

  addEvent(): this {
    return this
  }

  addLink(): this {
    return this
  }

  addLinks(): this {
    return this
  }

  setStatus(): this {
    return this
  }

  updateName(): this {
    return this
  }

  recordException(): void {}

  end(): void {}
}
