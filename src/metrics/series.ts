import type { Attributes } from '@opentelemetry/api'
import { type AttributeList, putAttributes, type Value } from '../trace/attributes.js'

/** Metric attributes have no limits: SPEC common/README.md#attribute-limits. */
const NO_BOUNDS = { count: Number.POSITIVE_INFINITY, valueLength: Number.POSITIVE_INFINITY }
/** The attributes of what there are too many sets for. */
const OVERFLOW: Readonly<AttributeList> = ['otel.metric.overflow', true]

const isOwn = Object.prototype.hasOwnProperty

/** Attributes as a program writes them, without what is none. */
export function listOf(attributes: Attributes | undefined): AttributeList {
  const list: AttributeList = []
  putAttributes(list, attributes, NO_BOUNDS)
  return list
}

/** A step in the way that leads from attributes, as a program writes them, to their point. */
class Step<Point> {
  /** By key where a value led here, by value where a key did. */
  readonly next = new Map<unknown, Step<Point>>()
  point: Point | undefined = undefined
}

/**
 * The points of one instrument by their attributes, in a bounded number. Attributes are found by walking through maps,
 * a key and a value at a time: nothing is sorted, joined or made, and nothing has to stay of the object that was given.
 */
export class SeriesMap<Point> {
  readonly #make: (attributes: Readonly<AttributeList>) => Point
  readonly #limit: number
  readonly #onOverflow: () => void
  readonly #redact: ((attributes: Readonly<AttributeList>) => Readonly<AttributeList>) | undefined
  #root = new Step<Point>()
  /** Ways known: as many as points, and more where a program gives the same attributes in another order. */
  #ways = 0
  readonly #points = new Map<string, Point>()
  #overflow: Point | undefined = undefined

  /**
   * @param limit of sets of attributes; what has others is counted in one more
   * @param redact what is left of attributes: sets that are alike then have one point
   */
  constructor(
    make: (attributes: Readonly<AttributeList>) => Point,
    limit: number,
    onOverflow: () => void,
    redact?: (attributes: Readonly<AttributeList>) => Readonly<AttributeList>,
  ) {
    this.#redact = redact
    this.#make = make
    this.#limit = limit
    this.#onOverflow = onOverflow
  }

  /** The point of these attributes; of no attributes for what is no object. */
  find(attributes: Attributes | undefined): Point {
    let step = this.#root
    for (const key in attributes) {
      if (!isOwn.call(attributes, key)) continue
      const next = step.next.get(key)?.next.get(attributes[key])
      if (next === undefined) return this.#discover(attributes)
      step = next
    }
    return step.point ?? this.#discover(attributes)
  }

  /** The point of a list of the agent's own, of which nothing is copied. */
  of(given: Readonly<AttributeList>): Point {
    const attributes = this.#redact === undefined ? given : this.#redact(given)
    const key = keyOf(attributes)
    let point = this.#points.get(key)
    if (point !== undefined) return point
    if (this.#points.size >= this.#limit) {
      if (this.#overflow === undefined) this.#onOverflow()
      this.#overflow ??= this.#make(OVERFLOW)
      return this.#overflow
    }
    point = this.#make(attributes)
    this.#points.set(key, point)
    return point
  }

  /** The point of exactly these attributes, if there is one: not where something is redacted of them. */
  known(attributes: Readonly<AttributeList>): Point | undefined {
    return this.#points.get(keyOf(attributes))
  }

  /** Forgets points; who holds on to one has to ask for a new one. */
  forget(goes: (point: Point) => boolean): void {
    const before = this.#points.size
    for (const [key, point] of this.#points) if (goes(point)) this.#points.delete(key)
    if (this.#points.size < before) this.#forgetWays()
  }

  isOverflow(point: Point): boolean {
    return point === this.#overflow
  }

  all(): Point[] {
    const all = [...this.#points.values()]
    if (this.#overflow !== undefined) all.push(this.#overflow)
    return all
  }

  clear(): void {
    this.#points.clear()
    this.#overflow = undefined
    this.#forgetWays()
  }

  #forgetWays(): void {
    this.#root = new Step()
    this.#ways = 0
  }

  #discover(given: Attributes | undefined): Point {
    const attributes = listOf(given)
    const point = this.of(attributes)
    if (point !== this.#overflow && this.#ways < 2 * this.#limit) this.#remember(given, point)
    return point
  }

  #remember(attributes: Attributes | undefined, point: Point): void {
    const steps: unknown[] = []
    for (const key in attributes) {
      if (!isOwn.call(attributes, key)) continue
      const value = attributes[key]
      // An array is another one each time, and may change.
      if (typeof value === 'object') return
      steps.push(key, value)
    }
    let step = this.#root
    for (const by of steps) {
      let next = step.next.get(by)
      if (next === undefined) {
        next = new Step()
        step.next.set(by, next)
      }
      step = next
    }
    step.point = point
    this.#ways++
  }
}

/** The same text for the same attributes in whatever order. */
export function keyOf(attributes: Readonly<AttributeList>): string {
  const pairs: string[] = []
  for (let i = 1; i < attributes.length; i += 2) {
    const value = attributes[i]
    if (value !== undefined) pairs.push(`${JSON.stringify(attributes[i - 1])}:${textOf(value)}`)
  }
  return pairs.sort().join()
}

function textOf(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? `${value}n` : String(value)
  if (value instanceof Uint8Array) return `<${value.join()}>`
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`
  return `{${keyOf(Object.entries(value).flat())}}`
}
