/**
 * A number that the agent keeps of itself, named by the semantic conventions (otel/sdk-metrics.md). Those who add it
 * have it anyway, as a plain field: it costs nothing until somebody reads it.
 */
export interface SelfCounter {
  readonly name: string
  /** Whether it only grows. */
  readonly isMonotonic: boolean
  readonly unit: string
  readonly attributes: Readonly<Record<string, string | number>>
  readonly read: () => number
}

const counters: SelfCounter[] = []

export function addCounters(...added: readonly SelfCounter[]): void {
  counters.push(...added)
}

/** All of them, in the order in which they were added. */
export function selfCounters(): readonly SelfCounter[] {
  return counters
}

type Hear = (name: string, seconds: number, attributes: SelfCounter['attributes']) => void

let hear: Hear | undefined

/** Durations from before the metrics begin, which is a second after the start. There are few, and the rest is not told. */
const MAX_EARLY = 20
const early: Parameters<Hear>[] = []

/** Who is told how long things have taken that the agent does by itself, those of the start too. */
export function hearDurations(listener: Hear): void {
  hear = listener
  for (const duration of early.splice(0)) listener(...duration)
}

/** @param name by the same conventions */
export function tellDuration(...duration: Parameters<Hear>): void {
  if (hear !== undefined) hear(...duration)
  else if (early.length < MAX_EARLY) early.push(duration)
}
