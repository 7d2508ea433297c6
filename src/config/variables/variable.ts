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
