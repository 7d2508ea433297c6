import type { Context, Span } from '@opentelemetry/api'
import { methodName } from './http.js'
import { MessageLife } from './message.js'

/** A request for another protocol on its connection: its span ends with the answer, and hears of its route before. */
export class UpgradeRequest extends MessageLife {
  readonly #span: Span
  readonly #method: string

  constructor(context: Context, span: Span, method: string) {
    super(context)
    this.#span = span
    this.#method = method
  }

  /** The matched route's template, `/rooms/:id`. */
  setRoute(route: string): void {
    this.#span.setAttribute('http.route', route)
    this.#span.updateName(`${methodName(this.#method)} ${route}`)
  }
}
