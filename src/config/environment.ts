/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The one place where the agent looks at the process's environment. */
export function readEnvironment(): Environment {
  return process.env
}

/** What the user wishes of colours: no-color.org, and Node's own `FORCE_COLOR`. */
export function readColourWishes(): { noColor: string | undefined; forceColor: string | undefined } {
  const { NO_COLOR, FORCE_COLOR } = process.env
  return { noColor: NO_COLOR, forceColor: FORCE_COLOR }
}

/** How many of the process's flags, those of `NODE_OPTIONS` included, load the agent. */
export function countLoads(): number {
  const flags = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)]
  return flags.filter((flag) => /(^|[/\\=])(autospan[/\\])?register(\.mjs)?["']?$/.test(flag)).length
}
