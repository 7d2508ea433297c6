import type { TraceState as ApiTraceState, Context, SpanContext, TextMapPropagator } from '@opentelemetry/api'
import { isSuppressed, SPAN_KEY, spanOf } from '../context/context.js'
import type { IdBits } from '../trace/id.js'
import { NonRecordingSpan } from '../trace/non-recording-span.js'
import { FLAG_RANDOM, FLAG_SAMPLED, recordingOf } from '../trace/span.js'
import { listValue, skipBlanks, soleValue, trimmedEnd } from './header.js'
import { MAX_TRACESTATE_HEADER_CHARS, parseTraceState, TraceState } from './trace-state.js'

const TRACEPARENT = 'traceparent'
const TRACESTATE = 'tracestate'

/** What version 00 defines of the flags; all others are sent as 0. */
const KNOWN_FLAGS = FLAG_SAMPLED | FLAG_RANDOM
const FLAGS_TEXT = ['00', '01', '02', '03']

const TRACE_ID_CHARS = 32
const SPAN_ID_CHARS = 16
/** Of 32 bits. */
const WORD_CHARS = 8
const TRACE_ID_WORDS = TRACE_ID_CHARS / WORD_CHARS
/** `00-<trace id>-<parent id>-<flags>`. */
const VERSION_00_CHARS = 55
/** Later versions may be longer than version 00; beyond this no header is read. */
const MAX_TRACEPARENT_CHARS = 8192
const DASH = 0x2d

const NO_DIGIT = 0xff
// A table, for whether a digit or a letter comes is a coin toss that branches guess wrong: comparing
// ranges takes 200 ns for the 48 digits, a regular expression as long, the table 55 ns.
const HEX_DIGITS = new Uint8Array(256).fill(NO_DIGIT)
for (let digit = 0; digit < 16; digit++) HEX_DIGITS[digit.toString(16).charCodeAt(0)] = digit

/**
 * `traceparent` and `tracestate` by W3C Trace Context, Level 2. Reads version 00 strictly and later
 * versions as far as they are like it, up to 8192 characters; writes version 00.
 */
export const traceContext: TextMapPropagator = {
  inject(context, carrier, setter) {
    const span = spanOf(context)
    if (span === undefined || isSuppressed(context)) return
    // The agent's own spans have their identity themselves, and it is whole.
    const own = recordingOf(span)
    const ids = own ?? span.spanContext()
    if (own === undefined && !(isWholeId(ids?.traceId, TRACE_ID_CHARS) && isWholeId(ids.spanId, SPAN_ID_CHARS))) return
    const { traceId, spanId, traceFlags, traceState } = ids
    setter.set(carrier, TRACEPARENT, `00-${traceId}-${spanId}-${FLAGS_TEXT[traceFlags & KNOWN_FLAGS]}`)
    if (traceState === undefined) return
    const list = traceState instanceof TraceState ? traceState.serialize() : checkedList(traceState)
    if (list !== '') setter.set(carrier, TRACESTATE, list)
  },

  extract(context, carrier, getter): Context {
    const header = soleValue(getter.get(carrier, TRACEPARENT))
    if (header === undefined) return context
    const parent = parseTraceParent(header)
    if (parent === undefined) return context
    const list = listValue(getter.get(carrier, TRACESTATE), MAX_TRACESTATE_HEADER_CHARS)
    const traceState = list === undefined ? undefined : parseTraceState(list)
    if (traceState !== undefined) parent.spanContext().traceState = traceState
    return context.setValue(SPAN_KEY, parent)
  },

  fields() {
    return [TRACEPARENT, TRACESTATE]
  },
}

/** The remote span that a `traceparent` names, or undefined when the header is not legal: then a new trace starts. */
function parseTraceParent(header: string): NonRecordingSpan | undefined {
  if (header.length > MAX_TRACEPARENT_CHARS) return undefined
  const start = skipBlanks(header, 0)
  const size = trimmedEnd(header, start) - start
  if (size < VERSION_00_CHARS) return undefined
  const version = hexByte(header, start)
  if (version < 0 || version === 0xff) return undefined
  if (size > VERSION_00_CHARS && (version === 0 || !isDash(header, start + VERSION_00_CHARS))) return undefined
  const flags = hexByte(header, start + 53)
  if (flags < 0 || !isDash(header, start + 2) || !isDash(header, start + 35) || !isDash(header, start + 52)) {
    return undefined
  }
  const bits = readIdBits(header, start + 3, start + 36)
  if (bits === undefined) return undefined
  const context: SpanContext = {
    traceId: header.slice(start + 3, start + 35),
    spanId: header.slice(start + 36, start + 52),
    traceFlags: flags & KNOWN_FLAGS,
    isRemote: true,
  }
  return new NonRecordingSpan(context, bits)
}

/** Of the trace id that begins at `traceAt` and the span id at `spanAt`; undefined where one of them is none. */
function readIdBits(text: string, traceAt: number, spanAt: number): IdBits | undefined {
  const bits: [number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0]
  let digits = 0
  for (let word = 0; word < bits.length; word++) {
    const at = word < TRACE_ID_WORDS ? traceAt + WORD_CHARS * word : spanAt + WORD_CHARS * (word - TRACE_ID_WORDS)
    let value = 0
    for (let i = 0; i < WORD_CHARS; i += 2) {
      const high = HEX_DIGITS[text.charCodeAt(at + i)] ?? NO_DIGIT
      const low = HEX_DIGITS[text.charCodeAt(at + i + 1)] ?? NO_DIGIT
      digits |= high | low
      value |= ((high << 4) | low) << (4 * i)
    }
    bits[word] = value
  }
  const isWhole = digits < 16 && (bits[0] | bits[1] | bits[2] | bits[3]) !== 0 && (bits[4] | bits[5]) !== 0
  return isWhole ? bits : undefined
}

/** The list of a foreign TraceState: the API's own class takes any text in `set`, which an HTTP client then refuses. */
function checkedList(traceState: ApiTraceState): string {
  try {
    return parseTraceState(traceState.serialize())?.serialize() ?? ''
  } catch {
    return ''
  }
}

/** Lower-case hex digits, and not all zero. */
function isWholeId(id: unknown, length: number): boolean {
  if (typeof id !== 'string' || id.length !== length) return false
  let digits = 0
  for (let i = 0; i < length; i++) digits |= HEX_DIGITS[id.charCodeAt(i)] ?? NO_DIGIT
  return digits > 0 && digits < 16
}

/** The byte of two lower-case hex digits at `at`, or -1. */
function hexByte(text: string, at: number): number {
  const high = HEX_DIGITS[text.charCodeAt(at)] ?? NO_DIGIT
  const low = HEX_DIGITS[text.charCodeAt(at + 1)] ?? NO_DIGIT
  return high === NO_DIGIT || low === NO_DIGIT ? -1 : (high << 4) | low
}

function isDash(text: string, at: number): boolean {
  return text.charCodeAt(at) === DASH
}
