/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The one place where the agent looks at the process's environment; register.mjs sees before whether it may be disabled. */
export function readEnvironment(): Environment {
  return process.env
}

/**
 * The text that the user gave for a variable: without blanks around it, and without quotes around all of it, as files
 * of variables that no shell has read leave them. Undefined when that is empty.
 */
export function givenText(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim() ?? ''
  return (isQuoted(text) ? text.slice(1, -1).trim() : text) || undefined
}

/** Whether one pair of quotes surrounds all of `text`, and none is within. */
export function isQuoted(text: string): boolean {
  const [quote] = text
  return (quote === '"' || quote === "'") && text.length > 1 && text.indexOf(quote, 1) === text.length - 1
}

/** What the user wishes of colours: no-color.org, and Node's own `FORCE_COLOR`. */
export function readColourWishes(): { noColor: string | undefined; forceColor: string | undefined } {
  const { NO_COLOR, FORCE_COLOR } = process.env
  return { noColor: NO_COLOR, forceColor: FORCE_COLOR }
}
