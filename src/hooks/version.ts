import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Whether `version` is in `range`, prereleases included. */
export function versionMatches(version: string, range: string): boolean {
  const { satisfies } = require('./range.js') as typeof import('./range.js')
  return satisfies(version, range)
}
