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
  // Loaded with the first library that asks: most of its cost is its many files.
  const satisfies = require('semver/functions/satisfies') as typeof import('semver')['satisfies']
  return satisfies(version, range, { includePrerelease: true })
}
