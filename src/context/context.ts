import { createRequire } from 'node:module'
import type { Baggage, Context, Span } from '@opentelemetry/api'

const require = createRequire(import.meta.url)

/**
 * The keys under which every copy of `@opentelemetry/api` 1.x keeps its values: `createContextKey`
 * is `Symbol.for`, so copies and versions agree. Held true by test/context/context.test.ts.
 */
export const SPAN_KEY: symbol = Symbol.for('OpenTelemetry Context Key SPAN')
export const BAGGAGE_KEY: symbol = Symbol.for('OpenTelemetry Baggage Key')
/** Set to true by exporters of the OpenTelemetry SDK (`suppressTracing`): no spans below it. */
export const SUPPRESS_KEY: symbol = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** By which OpenTelemetry's instrumentations of frameworks find whom to tell a route (`getRPCMetadata`). */
const RPC_METADATA_KEY: symbol = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA')

/**
 * An immutable context. The span has a slot of its own, because it is what every lookup on the hot
 * path asks for; all other values share one small map that is copied on write.
 */
export class AgentContext implements Context {
  readonly span: Span | undefined
  readonly #values: ReadonlyMap<symbol, unknown> | undefined

  constructor(span: Span | undefined, values: ReadonlyMap<symbol, unknown> | undefined) {
    this.span = span
    this.#values = values
  }

  getValue(key: symbol): unknown {
    if (key === SPAN_KEY) return this.span
    const value = this.#values?.get(key)
    return value === undefined && key === RPC_METADATA_KEY && this.span !== undefined ? askedOf(this.span) : value
  }

  setValue(key: symbol, value: unknown): AgentContext {
    if (key === SPAN_KEY) return new AgentContext(value as Span | undefined, this.#values)
    return new AgentContext(this.span, new Map(this.#values).set(key, value))
  }

  deleteValue(key: symbol): AgentContext {
    if (key === SPAN_KEY) return new AgentContext(undefined, this.#values)
    if (this.#values?.has(key) !== true) return this
    const values = new Map(this.#values)
    values.delete(key)
    return new AgentContext(this.span, values.size === 0 ? undefined : values)
  }
}

export const ROOT_CONTEXT: AgentContext = new AgentContext(undefined, undefined)

/** The context in which the agent does its own work: no span is started and no header injected. */
export const SUPPRESSED_CONTEXT: AgentContext = ROOT_CONTEXT.setValue(SUPPRESS_KEY, true)

/** Programs put in null for a span, or a baggage, that they do not have. */
export function spanOf(context: Context): Span | undefined {
  return (context.getValue(SPAN_KEY) as Span | null | undefined) ?? undefined
}

export function baggageOf(context: Context): Baggage | undefined {
  return (context.getValue(BAGGAGE_KEY) as Baggage | null | undefined) ?? undefined
}

export function isSuppressed(context: Context): boolean {
  return context.getValue(SUPPRESS_KEY) === true
}

/** Loaded for the few programs that have such instrumentations; whose installation may have gone by then. */
function askedOf(span: Span): unknown {
  try {
    const { rpcMetadataOf } = require('../trace/rpc-metadata.js') as typeof import('../trace/rpc-metadata.js')
    return rpcMetadataOf(span)
  } catch {
    return undefined
  }
}
