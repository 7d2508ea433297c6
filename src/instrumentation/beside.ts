import type { Context, ContextManager } from '@opentelemetry/api'
import { isSuppressed } from '../context/context.js'
import { Kit } from './kit.js'

/**
 * The kit where another OpenTelemetry SDK has the API: what that one suppresses is not traced here either. The exporters
 * of SDKs, and Sentry's, send what they have in a context of their own that asks for no tracing.
 */
export class KitBeside extends Kit {
  /** Of the other SDK; undefined where it has none, or none anymore. */
  readonly #otherContexts: () => ContextManager | undefined

  constructor(otherContexts: () => ContextManager | undefined, ...settings: ConstructorParameters<typeof Kit>) {
    super(...settings)
    this.#otherContexts = otherContexts
  }

  override isSuppressed(): boolean {
    return super.isSuppressed() || this.#isSuppressedThere()
  }

  override activeToTrace(): Context | undefined {
    return this.#isSuppressedThere() ? undefined : super.activeToTrace()
  }

  #isSuppressedThere(): boolean {
    try {
      const context = this.#otherContexts()?.active()
      return context !== undefined && isSuppressed(context)
    } catch {
      // A fault of the other one is no fault of the call.
      return false
    }
  }
}
