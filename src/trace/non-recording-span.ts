import type { Span, SpanContext } from '@opentelemetry/api'
import type { IdBits } from './id.js'

/** A span that keeps its place in the trace and records nothing: dropped by the sampler, or a remote parent. */
export class NonRecordingSpan implements Span {
  /** Of its ids, where they have been read; for those that have it as their parent. */
  readonly bits: IdBits | undefined
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

  setAttribute(): this {
    return this
  }

  setAttributes(): this {
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
