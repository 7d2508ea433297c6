import type { Type } from './parse.js'
import { BATCHES } from './variables/batches.js'
import { EXPORTERS } from './variables/exporters.js'
import { GENERAL } from './variables/general.js'
import { LIBRARIES } from './variables/libraries.js'
import { LIMITS } from './variables/limits.js'
import { LOGS } from './variables/logs.js'
import { METRICS } from './variables/metrics.js'
import { OTLP } from './variables/otlp.js'
import { OWN } from './variables/own.js'
import { PROXIES } from './variables/proxies.js'
import { SAMPLING } from './variables/sampling.js'
import { joined } from './variables/variable.js'

/**
 * Every variable that the agent reads, in the sections of docs/environment.md: a file in variables/ for each. The parsing,
 * the documentation and the suggestions for misspelt names are all taken from here.
 */
export const VARIABLES = joined(
  GENERAL,
  OTLP,
  EXPORTERS,
  PROXIES,
  LIBRARIES,
  BATCHES,
  LIMITS,
  SAMPLING,
  METRICS,
  LOGS,
  OWN,
)

/** What is exported today, each with its variables in the table. */
export type ExportedSignal = 'traces' | 'metrics' | 'logs'

type Table = typeof VARIABLES
export type VariableName = keyof Table

/** What a variable's value is in TypeScript: undefined is possible where nothing stands in for an unset one. */
export type ValueOf<N extends VariableName> = N extends VariableName
  ?
      | (Table[N] extends { type: Type<infer T> } ? T : never)
      | (Table[N] extends { default: string }
          ? never
          : Table[N] extends { fallback: infer F extends VariableName }
            ? ValueOf<F>
            : undefined)
  : never
