import { createRequire } from 'node:module'
import { dirname } from 'node:path'

const require = createRequire(import.meta.url)

/** The version in the `package.json` of a package's folder; undefined when there is none to read. */
export function packageVersion(folder: string): string | undefined {
  try {
    const { version } = require(`${folder}/package.json`) as { version?: unknown }
    return typeof version === 'string' ? version : undefined
  } catch {
    const parent = dirname(folder)
    return parent === folder || parent.endsWith('node_modules') ? undefined : packageVersion(parent)
  }
}

/** Whether `version` is in `range`, prereleases included. */
export function versionMatches(version: string, range: string): boolean {
  const { satisfies } = require('./range.js') as typeof import('./range.js')
  return satisfies(version, range)
}
