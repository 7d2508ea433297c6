import type { Span } from '@opentelemetry/api'
import { SERVER } from './kind.js'
import { HTTP_ROUTE, NonRecordingSpan } from './non-recording-span.js'
import { recordingOf } from './span.js'

/**
 * By which OpenTelemetry's instrumentations of frameworks tell the span of a server the route: `RPCMetadata` of
 * `@opentelemetry/core`, as `getRPCMetadata` finds it in a context. It is told by an attribute, as a program tells it.
 */
class RpcMetadata {
  readonly type = 'http'
  readonly span: Span
  #route: string | undefined = undefined

  constructor(span: Span) {
    this.span = span
  }

  get route(): string | undefined {
    return this.#route
  }

  set route(route: string | undefined) {
    this.#route = route
    if (typeof route === 'string') this.span.setAttribute(HTTP_ROUTE, route)
  }
}

/** Undefined where the span is not one of a request that the agent serves. */
export function rpcMetadataOf(span: Span): RpcMetadata | undefined {
  const recording = recordingOf(span)
  const isServed =
    recording === undefined
      ? span instanceof NonRecordingSpan
      : recording.kind === SERVER && recording.owner !== undefined
  return isServed ? new RpcMetadata(span) : undefined
}
