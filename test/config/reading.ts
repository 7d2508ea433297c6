import type { Config } from '../../src/config/config.js'
import { readConfig } from '../../src/config/read.js'

/** The names that the tests pass for the agent's instrumentations. */
export const NAMES = ['http', 'undici', 'express', 'fastify', 'pg', 'aws-sdk']

export interface Reading {
  readonly config: Config
  readonly lines: readonly string[]
}

/** What an environment is read as, and what is said of it. */
export function reading(env: Record<string, string | undefined>): Reading {
  const lines: string[] = []
  const config = readConfig(env, NAMES, (line) => lines.push(line))
  return { config, lines }
}

/** The configuration of an environment with which nothing is wrong. */
export function configOf(env: Record<string, string | undefined>): Config {
  const { config, lines } = reading(env)
  if (lines.length > 0) throw new Error(`unexpected lines: ${lines.join(' | ')}`)
  return config
}
