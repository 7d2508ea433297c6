import { areBoundaries, type InstrumentKind, isInstrumentName } from '../metrics/instrument.js'
import type { Aggregation, Selector, StreamWishes } from '../metrics/views.js'
import type { Section } from './section.js'

const KINDS: readonly InstrumentKind[] = [
  'counter',
  'gauge',
  'histogram',
  'observable_counter',
  'observable_gauge',
  'observable_up_down_counter',
  'up_down_counter',
]
/** Of exponential histograms: what the specification and the protocol have. */
const SCALES = { least: -10, most: 20 }
const SIZES = { least: 2, most: 160 }

/**
 * Reads the views of a meter provider. One of which the selector cannot be used is left out: it would select what the user
 * has not meant.
 */
export function readViews(provider: Section): void {
  provider.list('views', (view) => {
    let selector: Selector | undefined
    let wishes: StreamWishes = NO_WISHES
    const isThere = view.section('selector', (section) => {
      selector = readSelector(section)
    })
    view.section('stream', (section) => {
      wishes = readStream(section, selector?.instrumentName)
    })
    if (!isThere) view.complain('has no selector')
    else if (selector !== undefined) provider.views.push({ selector, stream: wishes })
  })
}

/** Reads how many sets of attributes instruments may have. */
export function readCardinalityLimits(reader: Section): void {
  reader.section('cardinality_limits', (limits) => {
    for (const kind of ['default', ...KINDS] as const) {
      const limit = numberAt(limits, kind, 1)
      if (limit !== undefined) limits.cardinalityLimits[kind] = limit
    }
  })
}

/** Of a view that asks for nothing. */
export const NO_WISHES: StreamWishes = {
  name: undefined,
  description: undefined,
  aggregation: undefined,
  included: undefined,
  excluded: [],
  cardinalityLimit: undefined,
}

function readSelector(section: Section): Selector | undefined {
  const kind = section.text('instrument_type')
  const selector = {
    instrumentName: section.text('instrument_name'),
    instrumentKind: KINDS.find((known) => known === kind),
    unit: section.text('unit'),
    meterName: section.text('meter_name'),
    meterVersion: section.text('meter_version'),
    meterSchemaUrl: section.text('meter_schema_url'),
  }
  if (kind === undefined || selector.instrumentKind !== undefined) return selector
  section.refuse('instrument_type', `is none of ${KINDS.join(', ')}, and so is the view`)
  return undefined
}

function readStream(section: Section, selected: string | undefined): StreamWishes {
  let included: readonly string[] | undefined
  let excluded: readonly string[] = []
  section.section('attribute_keys', (keys) => {
    included = textsAt(keys, 'included')
    excluded = textsAt(keys, 'excluded') ?? []
  })
  return {
    name: nameAt(section, selected),
    description: section.text('description'),
    aggregation: readAggregation(section),
    included,
    excluded,
    cardinalityLimit: numberAt(section, 'aggregation_cardinality_limit', 1),
  }
}

/** A name can be given to one instrument only. */
function nameAt(section: Section, selected: string | undefined): string | undefined {
  const name = section.text('name')
  if (name === undefined) return undefined
  if (selected === undefined || /[*?]/.test(selected)) section.refuse('name', 'would be that of several metrics')
  else if (!isInstrumentName(name)) section.refuse('name', 'is no name for a metric')
  else return name
  return undefined
}

function readAggregation(stream: Section): Aggregation | undefined {
  let aggregation: Aggregation | undefined
  stream.section('aggregation', (section) => {
    for (const key of section.keys) {
      section.section(key, (options) => {
        const isRefused = aggregation !== undefined
        if (isRefused) options.complain('is a second one, and there is one')
        else if (key === 'drop' || key === 'sum' || key === 'last_value') aggregation = { kind: key }
        else if (key === 'explicit_bucket_histogram') aggregation = explicit(options)
        else if (key === 'base2_exponential_bucket_histogram') aggregation = exponential(options)
        else if (key !== 'default') options.complain('is no aggregation')
      })
    }
  })
  return aggregation
}

function explicit(options: Section): Aggregation {
  const usual = {
    kind: 'explicit_bucket_histogram',
    boundaries: undefined,
    tellsMinMax: tellsMinMax(options),
  } as const
  const tree = options.get('boundaries')
  if (tree === undefined || tree.value === null) return usual
  const boundaries = Array.isArray(tree.value) ? tree.value.map(({ value }) => value) : undefined
  if (areBoundaries(boundaries)) return { ...usual, boundaries }
  options.refuse('boundaries', 'are no ascending numbers')
  return usual
}

function exponential(options: Section): Aggregation {
  return {
    tellsMinMax: tellsMinMax(options),
    kind: 'base2_exponential_bucket_histogram',
    maxScale: numberAt(options, 'max_scale', SCALES.least, SCALES.most),
    maxBuckets: numberAt(options, 'max_size', SIZES.least, SIZES.most),
  }
}

function tellsMinMax(options: Section): boolean {
  const value = options.get('record_min_max')?.value ?? true
  if (typeof value !== 'boolean') options.refuse('record_min_max', 'is neither true nor false')
  return value !== false
}

function textsAt(section: Section, key: string): readonly string[] | undefined {
  const tree = section.get(key)
  if (tree === undefined || tree.value === null) return undefined
  if (Array.isArray(tree.value) && tree.value.every(({ value }) => typeof value === 'string'))
    return tree.value.map(({ value }) => value as string)
  section.refuse(key, 'is no list of texts')
  return undefined
}

function numberAt(section: Section, key: string, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const value = section.get(key)?.value
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  section.refuse(
    key,
    `is no whole number ${most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`}`,
  )
  return undefined
}
