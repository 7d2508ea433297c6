import type { Type } from '../parse.js'

/** One environment variable: how its text is read, and what the documentation says of it. */
export interface Variable {
  readonly type: Type<unknown>
  /** The text that counts when the variable is unset or its text is refused. */
  readonly default?: string
  /** The text that counts then in processes of test runners. */
  readonly tested?: string
  /** The variable that counts then, instead of a default. */
  readonly fallback?: string
  /** The variable of the same type whose value, where it is set, this one's may not exceed. */
  readonly atMost?: string
  /** One line, for the documentation. */
  readonly meaning: string
}

/** Rows of the table, by the names of their variables. */
export type Rows = Readonly<Record<string, Variable>>

/**
 * Several tables as one. It has no prototype, for then V8 takes it for a table from the beginning: an object that gets a
 * hundred names, one by one, gets a hundred shapes, and a start takes the longer.
 */
export function joined<T extends Rows[]>(...tables: T): AllOf<T> {
  return Object.assign(Object.create(null), ...tables)
}

/** Of a name in several, the last counts. */
type AllOf<T extends Rows[]> = T extends [infer First, ...infer Rest extends Rows[]]
  ? Omit<First, keyof AllOf<Rest>> & AllOf<Rest>
  : unknown
