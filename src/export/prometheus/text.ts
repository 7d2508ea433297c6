import { diag } from '../../diag/diag.js'
import type { Exemplar } from '../../metrics/exemplars.js'
import type { HistogramPoint } from '../../metrics/histogram.js'
import { isMonotonic } from '../../metrics/instrument.js'
import type { HistogramMetric, Metric, NumberMetric } from '../../metrics/metric.js'
import type { NumberPoint } from '../../metrics/points.js'
import type { Resource } from '../../resource/resource.js'
import type { AttributeList, Value } from '../../trace/attributes.js'
import { type FamilyType, familyName, labelName } from './names.js'

/** Of OpenMetrics, for all names and values of an exemplar's labels. */
const MAX_EXEMPLAR_LENGTH = 128

/** What a scraper may ask for. OpenMetrics has exemplars. */
export type Format = 'prometheus' | 'openmetrics'

/** All samples of one name: they stand together, whoever made them. */
interface Family {
  readonly name: string
  readonly type: FamilyType
  /** The first one that is told: names that tell units alike may come with one and without. */
  unit: string
  readonly help: string
  /** Labels that have been used: no two samples have the same. */
  readonly used: Set<string>
  readonly lines: string[]
}

/** Collects metrics as text of Prometheus 0.0.4 or OpenMetrics 1.0. */
export class PrometheusText {
  readonly #isOpen: boolean
  readonly #families = new Map<string, Family>()

  constructor(format: Format, { attributes }: Resource) {
    this.#isOpen = format === 'openmetrics'
    const family = this.#family(this.#isOpen ? 'target' : 'target_info', 'info', '', 'Target metadata')
    family?.lines.push(`target_info${labels(labelsOf(attributes))} 1`)
  }

  add(metric: Metric): void {
    const { kind, name, unit, description } = metric.descriptor
    if (metric.data === 'exponential_histogram') {
      diag.warnOnce(
        `prometheus exponential ${name}`,
        `the metric ${name} is not served to Prometheus, whose text has no exponential histograms`,
      )
      return
    }
    const type = typeOf(metric)
    const { name: base, unit: unitWord } = familyName(name, unit, type)
    // In the older format a counter's family has the name of its samples.
    const familyOf = type === 'counter' && !this.#isOpen ? `${base}_total` : base
    const family = this.#family(familyOf, type, unitWord, description)
    if (family === undefined) {
      diag.warnOnce(
        `prometheus ${familyOf}`,
        `the metric ${name} (${kind}) is not served to Prometheus: ${familyOf} is there already, and of another type`,
      )
      return
    }
    const scope = scopeLabels(metric)
    switch (metric.data) {
      case 'sum':
      case 'gauge':
        for (const point of metric.points) {
          const own = labelPairs(labelsOf(point.attributes, scope))
          const sample = type === 'counter' ? `${base}_total` : base
          if (isNew(family, own, name)) family.lines.push(this.#number(sample, type, point, own))
        }
        break
      case 'histogram':
        for (const point of metric.points) {
          const own = labelPairs(labelsOf(point.attributes, scope, bucketLabelName))
          if (isNew(family, own, name)) this.#histogram(family, point, own)
        }
    }
  }

  /** The whole answer. */
  text(): string {
    const parts: string[] = []
    for (const { name, type, unit, help, lines } of this.#families.values()) {
      parts.push(`# TYPE ${name} ${type === 'info' && !this.#isOpen ? 'gauge' : type}`)
      if (this.#isOpen && unit !== '') parts.push(`# UNIT ${name} ${unit}`)
      if (help !== '') parts.push(`# HELP ${name} ${this.#isOpen ? escaped(help) : escapedHelp(help)}`)
      parts.push(...lines)
    }
    if (this.#isOpen) parts.push('# EOF')
    return `${parts.join('\n')}\n`
  }

  /** Undefined where the name belongs to a family of another type. */
  #family(name: string, type: FamilyType, unit: string, help: string): Family | undefined {
    const known = this.#families.get(name)
    if (known !== undefined) {
      if (known.type !== type) return undefined
      known.unit ||= unit
      return known
    }
    const family = { name, type, unit, help, used: new Set<string>(), lines: [] }
    this.#families.set(name, family)
    return family
  }

  #number(name: string, type: FamilyType, { value, exemplars }: NumberPoint, own: string): string {
    const line = `${name}${braced(own)} ${numberText(value)}`
    return type === 'counter' ? line + this.#exemplar(exemplars?.exemplars[0]) : line
  }

  #histogram({ name, lines }: Family, point: HistogramPoint, own: string): void {
    const ownAndMore = own === '' ? '' : `${own},`
    let below = 0
    for (const [bucket, count] of point.counts.entries()) {
      below += count
      const bound = this.#boundText(point.boundaries[bucket] ?? Number.POSITIVE_INFINITY)
      const exemplar = this.#exemplar(point.exemplars?.exemplars[bucket])
      lines.push(`${name}_bucket{${ownAndMore}le="${bound}"} ${below}${exemplar}`)
    }
    lines.push(`${name}_sum${braced(own)} ${numberText(point.sum)}`, `${name}_count${braced(own)} ${point.count}`)
  }

  #exemplar(exemplar: Exemplar | undefined): string {
    if (!this.#isOpen || exemplar === undefined) return ''
    const { value, timeMillis } = exemplar
    return ` # ${labels(exemplarLabels(exemplar)) || '{}'} ${numberText(value)} ${(timeMillis / 1000).toFixed(3)}`
  }

  /** OpenMetrics wants to see that a bound is a float. */
  #boundText(bound: number): string {
    return this.#isOpen && Number.isInteger(bound) ? bound.toFixed(1) : numberText(bound)
  }
}

type Label = readonly [name: string, value: string]

function typeOf(metric: NumberMetric | HistogramMetric): FamilyType {
  if (metric.data === 'histogram') return 'histogram'
  // What a view makes of an instrument counts: the last value of a counter is none.
  return metric.data === 'sum' && isMonotonic(metric.descriptor.kind) ? 'counter' : 'gauge'
}

/** Attributes and instruments of which Prometheus has the same names are one series, which has one value. */
function isNew(family: Family, own: string, metric: string): boolean {
  if (!family.used.has(own)) {
    family.used.add(own)
    return true
  }
  diag.warnOnce(
    `prometheus series ${metric}`,
    `not all of the metric ${metric} is served to Prometheus: ${family.name} has the same labels already`,
  )
  return false
}

function scopeLabels({ scope: { name, version, schemaUrl } }: Metric): Label[] {
  const all: Label[] = [
    ['otel_scope_name', name],
    ['otel_scope_version', version],
    ['otel_scope_schema_url', schemaUrl],
  ]
  return all.filter(([, value]) => value !== '')
}

/** Without the attributes where they are too much: the trace is what an exemplar is for. */
function exemplarLabels({ traceId, spanId, attributes }: Exemplar): Label[] {
  const ids: Label[] =
    traceId === ''
      ? []
      : [
          ['trace_id', traceId],
          ['span_id', spanId],
        ]
  // What looks like an id and is none would lead to no trace, or to a wrong one.
  const others = labelsOf(attributes).filter(([name]) => name !== 'trace_id' && name !== 'span_id')
  const all = [...ids, ...others]
  const length = all.reduce((sum, [name, text]) => sum + name.length + codePoints(text), 0)
  return length <= MAX_EXEMPLAR_LENGTH ? all : ids
}

/** Of which OpenMetrics counts the length; no more than are too many. */
function codePoints(text: string): number {
  return [...text.slice(0, 2 * MAX_EXEMPLAR_LENGTH)].length
}

/**
 * Keys that become one name have their values joined, in the order of the keys, as the specification asks; what the
 * scope has of that name comes last.
 */
function labelsOf(attributes: Readonly<AttributeList>, scope: readonly Label[] = [], nameOf = labelName): Label[] {
  const pairs: [key: string, value: Value][] = []
  for (let i = 1; i < attributes.length; i += 2) {
    const value = attributes[i]
    if (value !== undefined) pairs.push([attributes[i - 1] as string, value])
  }
  const joined = new Map<string, string>()
  const join = (name: string, text: string) => {
    const before = joined.get(name)
    joined.set(name, before === undefined ? text : `${before};${text}`)
  }
  for (const [key, value] of pairs.sort(([a], [b]) => (a < b ? -1 : 1))) {
    join(nameOf(key), typeof value === 'object' ? jsonText(value) : String(value))
  }
  for (const [name, text] of scope) join(name, text)
  return [...joined]
}

/** `le` is the bucket's own: an attribute of that name is told as `exported_le`, as Prometheus names what it has to move. */
function bucketLabelName(key: string): string {
  const name = labelName(key)
  return name === 'le' ? 'exported_le' : name
}

function jsonText(value: Value): string {
  return JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? String(member) : member))
}

function labels(list: readonly Label[]): string {
  return braced(labelPairs(list))
}

/** Empty where there are none. */
function labelPairs(list: readonly Label[]): string {
  return list.map(([name, value]) => `${name}="${escaped(value)}"`).join()
}

function braced(pairs: string): string {
  return pairs === '' ? '' : `{${pairs}}`
}

function escaped(text: string): string {
  return escapedHelp(text).replaceAll('"', '\\"')
}

function escapedHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
