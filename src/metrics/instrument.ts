/** What an instrument is, by the API's method that makes it. */
export type InstrumentKind =
  | 'counter'
  | 'up_down_counter'
  | 'histogram'
  | 'gauge'
  | 'observable_counter'
  | 'observable_up_down_counter'
  | 'observable_gauge'

/** An instrument as its metric tells of it. Names differ by more than case. */
export interface Descriptor {
  readonly kind: InstrumentKind
  readonly name: string
  readonly description: string
  readonly unit: string
  /** Whole numbers only: `ValueType.INT` of the API. */
  readonly isInt: boolean
  /** The upper bounds of a histogram's buckets, ascending; the last bucket has none. */
  readonly boundaries: readonly number[]
  /** Is measured whatever the program does: alone it is no reason for a last collection. */
  readonly isBackground: boolean
  /**
   * Of an observation that is of the time since the one before: which of several counts for a reader that has missed some.
   * Undefined where it is of the moment, or of all the time.
   */
  readonly ofPeriods: 'least' | 'most' | 'last' | undefined
}

/** Of the specification, for histograms without advice; meant for milliseconds. */
export const DEFAULT_BOUNDARIES: readonly number[] = [
  0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000,
]

/** Of the semantic conventions, for what takes as long as requests do; in seconds. */
export const SECONDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Whether a sum of its measurements only grows. */
export function isMonotonic(kind: InstrumentKind): boolean {
  return kind === 'counter' || kind === 'observable_counter' || kind === 'histogram'
}

/** Whether its values are asked for, and not told. */
export function isObservable(kind: InstrumentKind): boolean {
  return kind.startsWith('observable_')
}

/** SPEC metrics/api.md#instrument-name-syntax: a letter, and up to 254 of letters, digits and `_ . - /`. */
export function isInstrumentName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z][a-z0-9_.\-/]{0,254}$/i.test(name)
}

/** Finite numbers, each greater than the one before. */
export function areBoundaries(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > value[i - 1]))
}
