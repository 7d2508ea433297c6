import { diag } from '../diag/diag.js'
import type { Scope } from '../trace/span.js'
import { DEFAULT_BOUNDARIES, type Descriptor, type InstrumentKind } from './instrument.js'
import type { Stream, Views } from './stream.js'

/** What the user wants of some instruments: SPEC metrics/sdk.md#view. */
export interface View {
  readonly selector: Selector
  readonly stream: StreamWishes
}

/** What is left out selects all. */
export interface Selector {
  /** `*` is any text, `?` any one character; in any case, as names of instruments are. */
  readonly instrumentName: string | undefined
  readonly instrumentKind: InstrumentKind | undefined
  readonly unit: string | undefined
  readonly meterName: string | undefined
  readonly meterVersion: string | undefined
  readonly meterSchemaUrl: string | undefined
}

/** What is left out is as without the view. */
export interface StreamWishes {
  readonly name: string | undefined
  readonly description: string | undefined
  readonly aggregation: Aggregation | undefined
  /** Patterns of the keys that are kept; undefined for all. */
  readonly included: readonly string[] | undefined
  /** Patterns of those that are not, of these. */
  readonly excluded: readonly string[]
  readonly cardinalityLimit: number | undefined
}

export type Aggregation =
  | { readonly kind: 'drop' }
  | { readonly kind: 'sum' | 'last_value' }
  | {
      readonly kind: 'explicit_bucket_histogram'
      readonly boundaries: readonly number[] | undefined
      readonly tellsMinMax: boolean
    }
  | {
      readonly kind: 'base2_exponential_bucket_histogram'
      readonly maxScale: number | undefined
      readonly maxBuckets: number | undefined
      readonly tellsMinMax: boolean
    }

/** Each view that selects an instrument makes a stream of it. */
export function createViews(views: readonly View[]): Views {
  const compiled = views.map(({ selector, stream }) => ({ selects: selects(selector), change: change(stream) }))
  return (scope, descriptor, usual) => {
    const selecting = compiled.filter((view) => view.selects(scope, descriptor))
    if (selecting.length === 0) return [usual]
    const streams = selecting.flatMap(({ change }) => change(usual) ?? [])
    const names = streams.map((stream) => stream.descriptor.name.toLowerCase())
    if (new Set(names).size < names.length) {
      diag.warnOnce(
        `views ${descriptor.name}`,
        `several views make a metric of one name of ${descriptor.name}: give them names`,
      )
    }
    return streams
  }
}

function selects(selector: Selector): (scope: Scope, descriptor: Descriptor) => boolean {
  const { instrumentName, instrumentKind, unit, meterName, meterVersion, meterSchemaUrl } = selector
  const isName = instrumentName === undefined ? undefined : patternOf(instrumentName, 'i')
  const isWished = (wish: string | undefined, given: string) => wish === undefined || wish === given
  return (scope, descriptor) =>
    (isName === undefined || isName.test(descriptor.name)) &&
    isWished(instrumentKind, descriptor.kind) &&
    isWished(unit, descriptor.unit) &&
    isWished(meterName, scope.name) &&
    isWished(meterVersion, scope.version) &&
    isWished(meterSchemaUrl, scope.schemaUrl)
}

/** Undefined for what is dropped. */
function change(wishes: StreamWishes): (usual: Stream) => Stream | undefined {
  const { name, description, aggregation, cardinalityLimit } = wishes
  const keeps = keeping(wishes)
  return (usual) => {
    if (aggregation?.kind === 'drop') return undefined
    const stream = aggregated(usual, aggregation)
    const { descriptor } = stream
    return {
      ...stream,
      descriptor: { ...descriptor, name: name ?? descriptor.name, description: description ?? descriptor.description },
      keeps,
      cardinalityLimit: cardinalityLimit ?? stream.cardinalityLimit,
    }
  }
}

function aggregated(usual: Stream, aggregation: Exclude<Aggregation, { kind: 'drop' }> | undefined): Stream {
  if (aggregation === undefined) return usual
  const { descriptor } = usual
  switch (aggregation.kind) {
    case 'sum':
      return { ...usual, data: 'sum' }
    case 'last_value':
      return { ...usual, data: 'gauge' }
    case 'explicit_bucket_histogram': {
      if (!isFit(descriptor, aggregation.kind)) return usual
      const own = descriptor.kind === 'histogram' ? descriptor.boundaries : DEFAULT_BOUNDARIES
      return {
        ...usual,
        data: 'histogram',
        tellsMinMax: aggregation.tellsMinMax,
        descriptor: { ...descriptor, boundaries: aggregation.boundaries ?? own },
      }
    }
    case 'base2_exponential_bucket_histogram': {
      if (!isFit(descriptor, aggregation.kind)) return usual
      const { maxScale = usual.maxScale, maxBuckets = usual.maxBuckets, tellsMinMax } = aggregation
      return { ...usual, data: 'exponential_histogram', maxScale, maxBuckets, tellsMinMax }
    }
  }
}

/** Histograms are of single measurements, and here of none below 0. */
function isFit({ kind, name }: Descriptor, aggregation: string): boolean {
  if (kind === 'histogram' || kind === 'counter') return true
  diag.warnOnce(`view ${name}`, `a view asks for ${aggregation} of ${name}, which is ${kind}: it stays as it is`)
  return false
}

function keeping({ included, excluded }: StreamWishes): ((key: string) => boolean) | undefined {
  if (included === undefined && excluded.length === 0) return undefined
  const wanted = included?.map((pattern) => patternOf(pattern, ''))
  const unwanted = excluded.map((pattern) => patternOf(pattern, ''))
  return (key) =>
    (wanted === undefined || wanted.some((pattern) => pattern.test(key))) &&
    !unwanted.some((pattern) => pattern.test(key))
}

function patternOf(text: string, flags: string): RegExp {
  const source = text
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]')
  return new RegExp(`^${source}$`, flags)
}
