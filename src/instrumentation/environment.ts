import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api'
import { ROOT_CONTEXT, spanOf } from '../context/context.js'
import { setProcessContext } from '../context/manager.js'

/** Environment variables by name. */
export type Variables = Record<string, string | undefined>

/**
 * The variable that carries a propagation field, by the specification's environment variable carriers:
 * `TRACEPARENT` for `traceparent`, `X_B3_TRACEID` for `x-b3-traceid`.
 */
export function variableName(field: string): string {
  return field
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, '_')
    .replace(/^(?=\d)/, '_')
}

const variableGetter: TextMapGetter<Readonly<Variables>> = {
  get: (variables, field) => variables[variableName(field)],
  keys: (variables) => Object.keys(variables),
}

export const variableSetter: TextMapSetter<Variables> = {
  set: (variables, field, value) => {
    variables[variableName(field)] = value
  },
}

/** Published by node:http for each request, before its server has it. */
const REQUEST_CHANNEL = 'http.server.request.start'

/**
 * Has spans without another parent continue the trace that the environment carries: that of who has started
 * the process. From its first request on a process is a server, whose work is no longer that of its starter.
 */
export function continueFrom(
  variables: Readonly<Variables>,
  names: readonly string[],
  propagator: TextMapPropagator,
): void {
  // In most environments there is none, and the propagators need not be loaded to see it.
  if (variables.TRACEPARENT === undefined && names.every(isOfW3C)) return
  const context = propagator.extract(ROOT_CONTEXT, variables, variableGetter)
  if (spanOf(context) === undefined) return
  setProcessContext(context)
  const serve = (): void => {
    unsubscribe(REQUEST_CHANNEL, serve)
    setProcessContext(ROOT_CONTEXT)
  }
  subscribe(REQUEST_CHANNEL, serve)
}

/** Those that tell of a trace in `TRACEPARENT` only. */
function isOfW3C(name: string): boolean {
  return name === 'tracecontext' || name === 'baggage'
}
