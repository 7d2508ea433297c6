import type { TextMapPropagator } from '@opentelemetry/api'
import type { Place } from '../../src/instrumentation/kit.js'
import { withComment } from '../../src/instrumentation/sql-comment.js'
import type { QueryCall, QueryConfig } from './query.js'

export interface Commenter {
  readonly propagator: TextMapPropagator
  readonly place: Place
}

/**
 * Has `submit` send a query with its call's trace in a comment. The query's text is another one for that moment only:
 * the program never sees it. A named statement keeps its text, for it is prepared once and has to be the same each time.
 */
export function submitWithComment(
  query: QueryConfig,
  call: QueryCall,
  { propagator, place }: Commenter,
  submit: () => unknown,
): unknown {
  // Of a stream of pg-query-stream it is the cursor's.
  const sender = (query.cursor ?? query) as { text?: unknown }
  const { text } = sender
  if (typeof text !== 'string' || query.name || !place.on) return submit()
  try {
    sender.text = withComment(text, call.span, propagator)
  } catch (error) {
    place.failed(error)
  }
  try {
    return submit()
  } finally {
    if (sender.text !== text) sender.text = text
  }
}
