import type { TextMapPropagator } from '@opentelemetry/api'
import type { PropagatorName } from '../config/config.js'
import { b3, b3multi } from './b3.js'
import { jaeger } from './jaeger.js'
import { ottrace } from './ottrace.js'
import { xray } from './xray.js'

/** The formats that are older than W3C's, or a vendor's: loaded where one of them is asked for. */
export const FORMATS: Readonly<
  Record<Exclude<PropagatorName, 'tracecontext' | 'baggage' | 'none'>, TextMapPropagator>
> = { b3, b3multi, jaeger, xray, ottrace }
