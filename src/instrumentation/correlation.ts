import { createRequire } from 'node:module'
import { spanOf } from '../context/context.js'
import { activeContext } from '../context/manager.js'

const require = createRequire(import.meta.url)

/** The names of the fields by which a log record tells its place in a trace. */
export interface CorrelationNames {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: string
}

/** Those of OpenTelemetry's "Trace Context in non-OTLP Log Formats". */
export const DEFAULT_CORRELATION_NAMES: CorrelationNames = Object.freeze({
  traceId: 'trace_id',
  spanId: 'span_id',
  traceFlags: 'trace_flags',
})

/** Gives the log records of the program the ids of the span that is active when they are written. */
export class Correlation {
  readonly #names: CorrelationNames
  readonly #traceIdKey: string
  readonly #spanIdKey: string
  readonly #traceFlagsKey: string

  constructor(names: CorrelationNames) {
    this.#names = names
    this.#traceIdKey = `${JSON.stringify(names.traceId)}:`
    this.#spanIdKey = `${JSON.stringify(names.spanId)}:`
    this.#traceFlagsKey = `${JSON.stringify(names.traceFlags)}:`
  }

  /** The names of the fields. */
  get fieldNames(): readonly string[] {
    return Object.values(this.#names)
  }

  /** The fields for a record; undefined outside any span, and where the program has put in a trace id itself. */
  fieldsFor(record: object): Readonly<Record<string, string>> | undefined {
    const active = activeSpan()
    const { traceId, spanId, traceFlags } = this.#names
    if (active === undefined || Object.hasOwn(record, traceId)) return undefined
    return { [traceId]: active.traceId, [spanId]: active.spanId, [traceFlags]: hexByte(active.traceFlags) }
  }

  /** A record that is one line of JSON, with the fields at its end; as it is where `fieldsFor` gives none. */
  addToLine(line: string): string {
    const active = activeSpan()
    if (active === undefined) return line
    const end = line.lastIndexOf('}')
    if (end === -1 || (line.includes(this.#traceIdKey) && hasOwnInJson(line, this.#names.traceId))) return line
    const comma = line[end - 1] === '{' ? '' : ','
    const fields =
      `${comma}${this.#traceIdKey}"${active.traceId}",${this.#spanIdKey}"${active.spanId}"` +
      `,${this.#traceFlagsKey}"${hexByte(active.traceFlags)}"`
    return line.slice(0, end) + fields + line.slice(end)
  }
}

/** Loaded with the first record below a span: what makes spans is loaded then, too. */
let identity: typeof import('../trace/identity.js') | undefined

function activeSpan(): { traceId: string; spanId: string; traceFlags: number } | undefined {
  const span = spanOf(activeContext())
  if (span === undefined) return undefined
  identity ??= require('../trace/identity.js') as typeof import('../trace/identity.js')
  return identity.identityOf(span)
}

function hexByte(byte: number): string {
  return (byte & 0xff).toString(16).padStart(2, '0')
}

/** The key may stand deeper in the record, or be the program's own. What cannot be parsed counts as the program's. */
function hasOwnInJson(line: string, key: string): boolean {
  try {
    return Object.hasOwn(JSON.parse(line), key)
  } catch {
    return true
  }
}
