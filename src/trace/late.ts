import type { Span, Tracer, TracerOptions, TracerProvider } from '@opentelemetry/api'
import { diag } from '../diag/diag.js'
import { LateProvider } from './late-provider.js'
import { NonRecordingSpan } from './non-recording-span.js'

/**
 * A provider that is loaded when the program first asks it for a tracer. Programs take the provider of the API for a
 * `ProxyTracerProvider`, as the API's own is, and what that stands for for the one of their SDK.
 */
export class LateTracerProvider extends LateProvider implements TracerProvider {
  readonly #load: () => TracerProvider

  constructor(load: () => TracerProvider, deliver: () => Promise<void>) {
    super(deliver)
    this.#load = load
  }

  getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    try {
      return this.#load().getTracer(name, version, options)
    } catch (error) {
      diag.fault('the tracer provider', error)
      return noTracer()
    }
  }

  getDelegate(): this {
    return this
  }
}

/** For an installation of which a part is gone: the program goes on untraced. */
function noTracer(): Tracer {
  const span = new NonRecordingSpan({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 })
  return {
    startSpan: () => span,
    startActiveSpan: (...args: unknown[]) => (args.at(-1) as (span: Span) => never)(span),
  }
}
