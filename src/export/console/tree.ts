import {
  BOLD,
  type Cell,
  cell,
  columnsOfCell,
  DIM,
  type Paint,
  paintAnsi,
  paintNothing,
  RED,
  type Style,
} from './cells.js'
import type { DrawnSpan } from './drawn-span.js'
import { type Node, treeOf } from './span-tree.js'
import { columnsOf, duration, visible } from './text.js'

export interface DrawOptions {
  /** Columns that a line may take. */
  readonly width: number
  readonly colour: boolean
  /** Said at the end of the trace's first line. */
  readonly note?: string
}

/**
 * One trace as a tree with a line for each span: where it stands, what it was, how it went, how long it took,
 * and a bar that shows when. Spans whose parent is not among them stand at the left edge.
 */
export function drawTrace(spans: readonly DrawnSpan[], options: DrawOptions): string {
  if (spans.length === 0) return ''
  const start = startOf(spans)
  const length = greatest(spans, (span) => span.endMillis) - start
  const paint = options.colour ? paintAnsi : paintNothing
  const colours = serviceColours(spans)
  const rows = treeOf(spans).map((node) => rowOf(node, colours))
  const widths = columnWidths(rows, options.width)

  const lines = [heading(spans, length, options.note, paint)]
  for (const row of rows) {
    const bar = widths.bar === 0 ? '' : timeBar(row.span, start, length, widths.bar)
    const cells = [
      cell(nameAndTarget(row, widths.name), widths.name, paint),
      cell(row.service, widths.service, paint),
      cell(row.kind, widths.kind, paint),
      cell(row.status, widths.status, paint),
      ' '.repeat(widths.duration - columnsOf(row.duration)) + row.duration,
      paint(bar, isFailed(row.span) ? RED : row.colour),
    ]
    lines.push(cells.filter((text) => text !== '').join('  '))
    if (row.message !== '') lines.push(cell(messagePieces(row), options.width, paint))
  }
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

const PALETTE: readonly Style[] = ['36', '35', '33', '34', '32']

interface Row {
  readonly span: DrawnSpan
  /** Guide and name. */
  readonly name: Cell
  readonly target: string
  readonly service: Cell
  readonly kind: Cell
  readonly status: Cell
  readonly duration: string
  readonly message: string
  readonly guideBelow: string
  readonly colour: Style
}

function rowOf(node: Node, colours: ReadonlyMap<string, Style>): Row {
  const { span } = node
  const failed = isFailed(span)
  const colour = colours.get(span.service) ?? ''
  return {
    span,
    name: [
      { text: node.guide, style: DIM },
      { text: visible(span.name) || '(no name)', style: failed ? RED : BOLD },
    ],
    target: targetOf(span),
    service: [{ text: visible(span.service), style: colour }],
    kind: [{ text: span.kind === 'internal' ? '' : span.kind, style: DIM }],
    status: [{ text: statusOf(span), style: failed ? RED : '' }],
    duration: duration(span.endMillis - span.startMillis),
    message: failed ? visible(span.message) : '',
    guideBelow: node.guideBelow + (node.hasChildren ? '│  ' : '   '),
    colour,
  }
}

/** What was asked for, where the name does not say it: names have few different values, targets have many. */
function targetOf(span: DrawnSpan): string {
  const { attributes } = span
  const target = attributes['url.full'] ?? attributes['url.path'] ?? attributes['db.query.text']
  if (typeof target !== 'string') return ''
  const shown = visible(target.replace(/^https?:\/\//, ''))
  return span.name.includes(shown) ? '' : shown
}

function statusOf(span: DrawnSpan): string {
  const code = span.attributes['http.response.status_code']
  const type = span.attributes['error.type']
  const parts: string[] = []
  if (code !== undefined) parts.push(visible(String(code)))
  if (type !== undefined && String(type) !== parts[0]) parts.push(visible(String(type)))
  if (!isFailed(span)) return parts.length === 0 && span.status === 'ok' ? 'ok' : parts.join(' ')
  return `✗ ${parts.length === 0 ? 'error' : parts.join(' ')}`
}

function isFailed(span: DrawnSpan): boolean {
  return span.status === 'error'
}

const MIN_TARGET_COLUMNS = 12

function nameAndTarget(row: Row, columns: number): Cell {
  if (row.target === '') return row.name
  const target = { text: ` ${row.target}`, style: DIM } as const
  const whole = [...row.name, target]
  const missing = columnsOfCell(whole) - columns
  return missing <= 0 || columnsOf(target.text) - missing >= MIN_TARGET_COLUMNS ? whole : row.name
}

function messagePieces(row: Row): Cell {
  return [
    { text: row.guideBelow, style: DIM },
    { text: row.message, style: RED },
  ]
}

function heading(spans: readonly DrawnSpan[], length: number, note: string | undefined, paint: Paint): string {
  const services = new Set(spans.map((span) => span.service)).size
  const errors = spans.filter(isFailed).length
  const facts = [counted(spans.length, 'span')]
  if (services > 1) facts.push(counted(services, 'service'))
  facts.push(duration(length))
  const failed = errors === 0 ? '' : paint(' · ', DIM) + paint(counted(errors, 'error'), RED)
  const said = note === undefined ? '' : paint(` · ${visible(note)}`, DIM)
  const trace = paint(`trace ${visible(spans[0]?.traceId ?? '')}`, BOLD)
  return trace + paint(` · ${facts.join(' · ')}`, DIM) + failed + said
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

interface Widths {
  readonly name: number
  readonly service: number
  readonly kind: number
  readonly status: number
  readonly duration: number
  /** 0 where there is no room for a bar that would tell something. */
  readonly bar: number
}

const GAP = 2
const MAX_SERVICE_COLUMNS = 20
const MAX_KIND_COLUMNS = 8
const MAX_STATUS_COLUMNS = 24
const MIN_NAME_COLUMNS = 24
const COMFORTABLE_BAR_COLUMNS = 20
const MIN_BAR_COLUMNS = 8
const MAX_BAR_COLUMNS = 48

/** The small columns take what they need, names what they need of the rest while a bar stays, and the bar what is left. */
function columnWidths(rows: readonly Row[], width: number): Widths {
  const widest = (cellOf: (row: Row) => Cell, most: number): number =>
    Math.min(
      most,
      greatest(rows, (row) => columnsOfCell(cellOf(row))),
    )
  const service = widest((row) => row.service, MAX_SERVICE_COLUMNS)
  const kind = widest((row) => row.kind, MAX_KIND_COLUMNS)
  const status = widest((row) => row.status, MAX_STATUS_COLUMNS)
  const duration = greatest(rows, (row) => columnsOf(row.duration))
  const taken = [service, kind, status, duration].reduce((sum, columns) => sum + (columns && columns + GAP), 0)
  const rest = Math.max(MIN_NAME_COLUMNS, width - taken)
  const most = Math.max(MIN_NAME_COLUMNS, rest - GAP - COMFORTABLE_BAR_COLUMNS)
  const name = widest((row) => nameAndTarget(row, Number.POSITIVE_INFINITY), most)
  const bar = Math.min(MAX_BAR_COLUMNS, rest - name - GAP)
  return { name, service, kind, status, duration, bar: bar < MIN_BAR_COLUMNS ? 0 : bar }
}

/** The span's time within the trace's, two steps a column, never empty. */
function timeBar(span: DrawnSpan, start: number, length: number, columns: number): string {
  const steps = columns * 2
  const stepAt = (millis: number): number => (length > 0 ? ((millis - start) / length) * steps : 0)
  const from = Math.min(steps - 1, Math.round(stepAt(span.startMillis)))
  const to = length > 0 ? Math.max(from + 1, Math.round(stepAt(span.endMillis))) : steps
  let bar = ''
  for (let step = 0; step < to; step += 2) {
    const left = step >= from
    const right = step + 1 >= from && step + 1 < to
    if (left && right) bar += '█'
    else if (left) bar += '▌'
    else bar += right ? '▐' : ' '
  }
  return bar
}

function startOf(spans: readonly DrawnSpan[]): number {
  return -greatest(spans, (span) => -span.startMillis)
}

/** Not `Math.max(...)`: a large trace has more spans than a call may have arguments. */
function greatest<T>(items: readonly T[], numberOf: (item: T) => number): number {
  return items.reduce((highest, item) => Math.max(highest, numberOf(item)), Number.NEGATIVE_INFINITY)
}

function serviceColours(spans: readonly DrawnSpan[]): ReadonlyMap<string, Style> {
  const colours = new Map<string, Style>()
  for (const span of [...spans].sort((a, b) => a.startMillis - b.startMillis)) {
    if (!colours.has(span.service)) colours.set(span.service, PALETTE[colours.size % PALETTE.length] as Style)
  }
  return colours
}
