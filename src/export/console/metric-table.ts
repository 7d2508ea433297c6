import { columnsOf, duration, fitted, visible } from './text.js'

/** One point of a metric as it is drawn. */
export interface DrawnPoint {
  readonly name: string
  readonly unit: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** Of a sum or gauge. */
  readonly value?: number
  /** Of a histogram. */
  readonly values?: { readonly count: number; readonly sum: number; readonly min: number; readonly max: number }
  /** The trace behind its highest exemplar; empty where there is none. */
  readonly traceId: string
}

const GAP = '  '
const MIN_ATTRIBUTES_COLUMNS = 20

/** Draws points as lines: name, attributes, value. In the order of names; attributes are cut where `width` is too small. */
export function drawMetrics(points: readonly DrawnPoint[], width: number): string {
  const rows = points
    .map((point) => ({
      name: visible(point.name),
      attributes: attributesText(point.attributes),
      value: valueText(point),
    }))
    .sort((a, b) => compare(a.name, b.name) || compare(a.attributes, b.attributes))
  const nameColumns = widest(rows.map(({ name }) => name))
  const valueColumns = widest(rows.map(({ value }) => value))
  const left = Math.max(MIN_ATTRIBUTES_COLUMNS, width - nameColumns - valueColumns - 2 * GAP.length)
  const attributeColumns = Math.min(left, widest(rows.map(({ attributes }) => attributes)))
  return rows
    .map(({ name, attributes, value }) => {
      const shown = fitted(attributes, attributeColumns)
      return [padded(name, nameColumns), padded(shown, attributeColumns), value].join(GAP).trimEnd()
    })
    .join('\n')
}

function attributesText(attributes: Readonly<Record<string, unknown>>): string {
  return visible(
    Object.entries(attributes)
      .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
      .join(' '),
  )
}

function valueText({ unit, value, values, traceId }: DrawnPoint): string {
  const quantity = (number: number): string => quantityText(number, unit)
  const trace = traceId === '' ? '' : `, trace ${visible(traceId)}`
  if (value !== undefined) return quantity(value) + trace
  if (values === undefined) return ''
  const { count, sum, min, max } = values
  return `${count} × ${quantity(sum / count)}, ${quantity(min)} to ${quantity(max)}${trace}`
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
