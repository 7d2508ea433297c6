import type { AttributeList } from '../trace/attributes.js'
import type { Reservoir } from './exemplars.js'

/** What the measurements with one set of attributes have come to. */
export interface Point {
  readonly attributes: Readonly<AttributeList>
  /** Undefined where none are kept. */
  readonly exemplars: Reservoir | undefined
  /** Takes one measurement, a finite number. @returns the bucket that it fell in, where there are buckets. */
  record(value: number): number
}

/** A sum, or the value of a gauge. */
export interface NumberPoint extends Point {
  readonly value: number
}

export class SumPoint implements NumberPoint {
  readonly attributes: Readonly<AttributeList>
  readonly exemplars: Reservoir | undefined
  value = 0

  constructor(attributes: Readonly<AttributeList>, exemplars: Reservoir | undefined) {
    this.attributes = attributes
    this.exemplars = exemplars
  }

  record(value: number): number {
    this.value += value
    return 0
  }
}

export class LastValuePoint implements NumberPoint {
  readonly attributes: Readonly<AttributeList>
  readonly exemplars: Reservoir | undefined
  value = 0

  constructor(attributes: Readonly<AttributeList>, exemplars: Reservoir | undefined) {
    this.attributes = attributes
    this.exemplars = exemplars
  }

  record(value: number): number {
    this.value = value
    return 0
  }
}
