import { type Environment, givenText, readEnvironment } from './environment.js'
import type { VariableName } from './variables.js'

const DISABLED: VariableName = 'OTEL_SDK_DISABLED'
const ENABLED: VariableName = 'OTEL_ENABLED'
/** Tells the same, and nothing else does then. */
const FILES: readonly VariableName[] = ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE']

/**
 * Whether the agent has to stay absent. Nothing else is read, parsed or loaded for the answer, and it is always that
 * of `readConfig(...).enabled`: a value that is neither true nor false disables nothing.
 */
export function isDisabled(env: Environment = readEnvironment()): boolean {
  if (FILES.some((name) => givenText(env, name) !== undefined)) return false
  return givenText(env, DISABLED)?.toLowerCase() === 'true' || givenText(env, ENABLED)?.toLowerCase() === 'false'
}
