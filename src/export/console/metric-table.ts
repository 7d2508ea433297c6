import { columnsOf, duration, valueText, visible } from './text.js'

/** One point of a metric as it is drawn. */
export interface DrawnPoint {
  readonly name: string
  readonly unit: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** Of a sum or gauge. */
  readonly value?: number
  /** Of a histogram. */
  readonly values?: { readonly count: number; readonly sum: number }
  /** Of a histogram, where it is told. */
  readonly range?: { readonly min: number; readonly max: number } | undefined
  /** The trace behind its highest exemplar; empty where there is none. */
  readonly traceId: string
}

const GAP = '  '

/**
 * Draws points as lines, in the order of names. A metric with one point is a line of its own: name, value, attributes,
 * trace. One with several has a heading, with the attributes that all of them have alike, and a line for each. Attributes
 * are at the end and never cut to fit: they are what tells one point from another.
 */
export function drawMetrics(points: readonly DrawnPoint[]): string {
  const metrics = new Map<string, DrawnPoint[]>()
  for (const point of points) {
    const name = visible(point.name)
    metrics.set(name, [...(metrics.get(name) ?? []), point])
  }
  const sorted = [...metrics].sort(([a], [b]) => compare(a, b))
  const nameColumns = widest(sorted.flatMap(([name, { length }]) => (length === 1 ? [name] : [])))
  return sorted
    .flatMap(([name, points]) => {
      if (points.length > 1) return linesOf(name, points)
      return points.map((point) => joined([padded(name, nameColumns), pointText(point), rest(point, [])]))
    })
    .join('\n')
}

function linesOf(name: string, points: readonly DrawnPoint[]): string[] {
  const common = commonOf(points)
  const rows = points
    .map((point) => ({ value: pointText(point), rest: rest(point, Object.keys(common)) }))
    .sort((a, b) => compare(a.rest, b.rest))
  const valueColumns = widest(rows.map(({ value }) => value))
  const lines = rows.map(({ value, rest }) => GAP + joined([padded(value, valueColumns), rest]))
  return [joined([name, attributesText(common, [])]), ...lines]
}

/** The attributes that all have alike. */
function commonOf([first, ...others]: readonly DrawnPoint[]): DrawnPoint['attributes'] {
  const isCommon = ([key, value]: [string, unknown]) => others.every(({ attributes }) => attributes[key] === value)
  return Object.fromEntries(Object.entries(first?.attributes ?? {}).filter(isCommon))
}

function rest({ attributes, traceId }: DrawnPoint, told: readonly string[]): string {
  const trace = traceId === '' ? '' : `trace ${visible(traceId)}`
  return joined([attributesText(attributes, told), trace])
}

function attributesText(attributes: DrawnPoint['attributes'], told: readonly string[]): string {
  return Object.entries(attributes)
    .filter(([key]) => !told.includes(key))
    .map(([key, value]) => visible(`${key}=${valueText(value)}`))
    .join(' ')
}

function joined(parts: readonly string[]): string {
  return parts
    .filter((part) => part !== '')
    .join(GAP)
    .trimEnd()
}

function pointText({ unit, value, values, range }: DrawnPoint): string {
  const quantity = (number: number): string => quantityText(number, unit)
  if (value !== undefined) return quantity(value)
  if (values === undefined) return ''
  const mean = `${values.count} × ${quantity(values.sum / values.count)}`
  return range !== undefined && range.min < range.max
    ? `${mean}, ${quantity(range.min)} to ${quantity(range.max)}`
    : mean
}

/** Seconds and bytes as a person would say them; units in braces are no more than a remark. */
function quantityText(value: number, unit: string): string {
  if (unit === 's') return value < 0 ? `-${duration(-value * 1000)}` : duration(value * 1000)
  if (unit === 'ms') return value < 0 ? `-${duration(-value)}` : duration(value)
  if (unit === 'By') return bytesText(value)
  const number = String(Number(value.toPrecision(6)))
  return unit === '' || unit === '1' || unit.startsWith('{') ? number : `${number} ${visible(unit)}`
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1; unit++) value /= 1024
  return `${Number(value.toPrecision(3))} ${BYTE_UNITS[unit]}`
}

function padded(text: string, columns: number): string {
  return text + ' '.repeat(columns - columnsOf(text))
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, columnsOf(text)), 0)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
