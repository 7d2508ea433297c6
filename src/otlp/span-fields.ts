import type { SpanContext, TraceState } from '@opentelemetry/api'
import { INTERNAL } from '../trace/kind.js'
import type { SpanData } from '../trace/span.js'
import type { UnixTime } from './unix-time.js'

/** `SpanFlags` of trace.proto: bits 0 to 7 are the W3C's. */
const W3C_FLAGS = 0xff
const IS_REMOTE_KNOWN = 0x100
const IS_REMOTE = 0x200

const LAST_API_KIND = 4
const MAX_UINT32 = 0xffff_ffff

/** Who is remote is the parent. */
export function spanFlags(span: SpanData): number {
  return (span.traceFlags & W3C_FLAGS) | IS_REMOTE_KNOWN | (span.parentIsRemote ? IS_REMOTE : 0)
}

/** Who is remote is the span that the link points to. */
export function linkFlags(context: SpanContext): number {
  return (context.traceFlags & W3C_FLAGS) | IS_REMOTE_KNOWN | (context.isRemote === true ? IS_REMOTE : 0)
}

/** OTLP counts from 1, the API from 0; a kind that neither knows is INTERNAL. */
export function spanKind(apiKind: number): number {
  return (apiKind >= 0 && apiKind <= LAST_API_KIND ? apiKind | 0 : INTERNAL) + 1
}

/** The times of a span; one that ends before it starts, as a clock that was set can make it, ends when it starts. */
export function setTimes(span: SpanData, start: UnixTime, end: UnixTime): void {
  start.set(span.startTime, span.anchor)
  end.set(span.endTime, span.anchor)
  if (end.isBefore(start)) end.copy(start)
}

/** The `tracestate`, which is foreign code's where the program made the span context; empty where it fails. */
export function traceStateText(traceState: TraceState): string {
  try {
    const text: unknown = traceState.serialize()
    return typeof text === 'string' ? text : ''
  } catch {
    return ''
  }
}

/** A count of what was dropped, some of it counted by the program. */
export function uint32(count: number): number {
  return count > 0 ? Math.min(Math.floor(count), MAX_UINT32) : 0
}
