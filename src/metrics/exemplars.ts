import type { Span } from '@opentelemetry/api'
import type { AttributeList } from '../trace/attributes.js'
import { identityOf } from '../trace/identity.js'
import { FLAG_SAMPLED } from '../trace/span.js'

/** `OTEL_METRICS_EXEMPLAR_FILTER`: which measurements may become exemplars. */
export type ExemplarFilter = 'always_on' | 'always_off' | 'trace_based'

/** One measurement that stands for those of its point, and leads to the trace in which it was made. */
export interface Exemplar {
  readonly value: number
  /** Unix milliseconds. */
  readonly timeMillis: number
  /** Empty where the measurement was made outside any trace. */
  readonly traceId: string
  readonly spanId: string
  /** Those of the measurement that its point does not have. */
  readonly attributes: Readonly<AttributeList>
}

/** Keeps exemplars of one point. */
export interface Reservoir {
  /** With holes. */
  readonly exemplars: readonly (Exemplar | undefined)[]
  /** `dropped` are attributes of the measurement that its point does not have. */
  offer(
    bucket: number,
    value: number,
    timeMillis: number,
    span: Span | undefined,
    dropped: Readonly<AttributeList>,
  ): void
  /** Keeps what there is until it is replaced, by a choice among what comes from now on. */
  renew(): void
  /** Forgets all. */
  reset(): void
}

/** Clocks of traces may be ahead of the collection's by some milliseconds: an exemplar belongs to its point's time. */
export function endBy(timeMillis: number, { exemplars }: Reservoir): void {
  for (const exemplar of exemplars) {
    if (exemplar !== undefined && exemplar.timeMillis > timeMillis) (exemplar as Slot).timeMillis = timeMillis
  }
}

/**
 * For each bucket of a histogram the last measurement in it, so that slow traces have a place of their own however
 * rare they are: the specification's AlignedHistogramBucketExemplarReservoir.
 */
export class AlignedReservoir implements Reservoir {
  readonly exemplars: (Slot | undefined)[] = []

  constructor(buckets: number) {
    for (let i = 0; i < buckets; i++) this.exemplars.push(undefined)
  }

  offer(
    bucket: number,
    value: number,
    timeMillis: number,
    span: Span | undefined,
    dropped: Readonly<AttributeList>,
  ): void {
    const slot = this.exemplars[bucket]
    if (slot === undefined) this.exemplars[bucket] = new Slot(value, timeMillis, span, dropped)
    else slot.set(value, timeMillis, span, dropped)
  }

  /** The last measurement of a bucket takes its place whenever it comes. */
  renew(): void {}

  reset(): void {
    this.exemplars.fill(undefined)
  }
}

/** A fair choice among all measurements since the last collection: the specification's SimpleFixedSizeExemplarReservoir. */
export class FixedReservoir implements Reservoir {
  readonly exemplars: (Slot | undefined)[] = []
  readonly #size: number
  #seen = 0

  constructor(size: number) {
    this.#size = size
  }

  offer(
    _bucket: number,
    value: number,
    timeMillis: number,
    span: Span | undefined,
    dropped: Readonly<AttributeList>,
  ): void {
    const seen = this.#seen++
    const place = seen < this.#size ? seen : Math.floor(Math.random() * (seen + 1))
    if (place >= this.#size) return
    const slot = this.exemplars[place]
    if (slot === undefined) this.exemplars[place] = new Slot(value, timeMillis, span, dropped)
    else slot.set(value, timeMillis, span, dropped)
  }

  renew(): void {
    this.#seen = 0
  }

  reset(): void {
    this.exemplars.length = 0
    this.#seen = 0
  }
}

export function isSampled(span: Span | undefined): boolean {
  const identity = identityOf(span)
  return identity !== undefined && (identity.traceFlags & FLAG_SAMPLED) !== 0
}

/** Overwritten by the next one, so that an exemplar costs no memory. */
class Slot implements Exemplar {
  value: number
  timeMillis: number
  traceId = ''
  spanId = ''
  attributes: Readonly<AttributeList>

  constructor(value: number, timeMillis: number, span: Span | undefined, dropped: Readonly<AttributeList>) {
    this.value = value
    this.timeMillis = timeMillis
    this.attributes = dropped
    this.#setSpan(span)
  }

  set(value: number, timeMillis: number, span: Span | undefined, dropped: Readonly<AttributeList>): void {
    this.value = value
    this.timeMillis = timeMillis
    this.attributes = dropped
    this.#setSpan(span)
  }

  #setSpan(span: Span | undefined): void {
    const identity = identityOf(span)
    this.traceId = identity === undefined ? '' : identity.traceId
    this.spanId = identity === undefined ? '' : identity.spanId
  }
}
