import type { DecodedSpan } from './otlp-decode.js'

/**
 * Traces as text to assert on: a line for each span, indented by depth, siblings in the order of their starts,
 * traces too and with an empty line between them. `attributes` names those to be drawn at the end of the lines.
 *
 *     GET /users          SERVER  500 error 500
 *       SELECT shop.users CLIENT  error 42P01
 */
export function drawTraces(spans: readonly DecodedSpan[], attributes: readonly string[] = []): string {
  if (spans.length === 0) return '\n(no spans)\n'
  const traces = new Map<string, DecodedSpan[]>()
  for (const span of [...spans].sort(byStart)) {
    const trace = traces.get(span.traceId)
    if (trace === undefined) traces.set(span.traceId, [span])
    else trace.push(span)
  }
  return layOut([...traces.values()].map((trace) => linesOf(trace, attributes)))
}

/**
 * A drawn trace in a test's source: takes the indentation of the source away and sets the columns anew, so that
 * it equals what `drawTraces` draws without a thought about spaces.
 */
export function trace(strings: TemplateStringsArray, ...values: unknown[]): string {
  const lines = String.raw({ raw: strings }, ...values)
    .split('\n')
    .map((line) => line.trimEnd())
  const margin = Math.min(...lines.filter((line) => line !== '').map(indentOf))
  const traces: Line[][] = [[]]
  for (const line of lines) {
    if (line !== '') traces.at(-1)?.push(parsedLine(line, margin))
    else if (traces.at(-1)?.length !== 0) traces.push([])
  }
  return layOut(traces.filter((trace) => trace.length > 0))
}

interface Line {
  /** With its indentation. */
  readonly name: string
  readonly kind: string
  readonly rest: string
}

const KINDS = ['', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const IS_REMOTE = 0x200
const ERROR = 2
const OK = 1

function linesOf(spans: readonly DecodedSpan[], attributes: readonly string[]): Line[] {
  const ids = new Set(spans.map((span) => span.spanId))
  const lines: Line[] = []
  const drawn = new Set<DecodedSpan>()
  const draw = (span: DecodedSpan, depth: number): void => {
    if (drawn.has(span)) return
    drawn.add(span)
    lines.push({
      name: '  '.repeat(depth) + span.name,
      kind: KINDS[span.kind] ?? String(span.kind),
      rest: restOf(span, ids, attributes),
    })
    for (const child of spans) if (child.parentSpanId === span.spanId) draw(child, depth + 1)
  }
  for (const span of spans) if (!ids.has(span.parentSpanId)) draw(span, 0)
  if (drawn.size < spans.length) throw new Error('these spans are each other’s ancestors')
  return lines
}

function restOf(span: DecodedSpan, ids: ReadonlySet<string>, attributes: readonly string[]): string {
  const parts: string[] = []
  const code = span.attributes['http.response.status_code']
  const type = span.attributes['error.type']
  if (code !== undefined) parts.push(String(code))
  if (span.status.code === OK) parts.push('ok')
  if (span.status.code === ERROR) parts.push(type === undefined ? 'error' : `error ${type}`)
  // The two go together by the semantic conventions, so this is drawn as the oddity that it is.
  else if (type !== undefined) parts.push(`(no error, but error.type ${type})`)
  for (const name of attributes) {
    if (Object.hasOwn(span.attributes, name)) parts.push(`${name}=${shown(span.attributes[name])}`)
  }
  if (span.parentSpanId !== '' && !ids.has(span.parentSpanId)) {
    parts.push((span.flags & IS_REMOTE) === 0 ? '(orphan)' : '(remote parent)')
  }
  return oneSpaced(parts.join(' '))
}

function shown(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'bigint') return String(value)
  return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member))
}

function layOut(traces: readonly (readonly Line[])[]): string {
  const lines = traces.flat()
  const nameColumns = Math.max(...lines.map((line) => line.name.length)) + 1
  const kindColumns = Math.max(...lines.map((line) => line.kind.length)) + 2
  const drawn = traces.map((trace) =>
    trace
      .map(({ name, kind, rest }) => `${name.padEnd(nameColumns)}${kind.padEnd(kindColumns)}${rest}`.trimEnd())
      .join('\n'),
  )
  return `\n${drawn.join('\n\n')}\n`
}

const LINE = /^( *)(.*?) +(INTERNAL|SERVER|CLIENT|PRODUCER|CONSUMER)(?: +(.*))?$/

function parsedLine(line: string, margin: number): Line {
  const [, indent = '', name = '', kind = '', rest = ''] = LINE.exec(line) ?? []
  if (kind === '') return { name: line.slice(margin), kind: '', rest: '' }
  return { name: indent.slice(margin) + name, kind, rest: oneSpaced(rest) }
}

function oneSpaced(text: string): string {
  return text.replace(/\s+/g, ' ')
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

function byStart(a: DecodedSpan, b: DecodedSpan): number {
  if (a.startTimeUnixNano !== b.startTimeUnixNano) return a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1
  return a.name < b.name ? -1 : 1
}
