import satisfiesRange from 'semver/functions/satisfies.js'

/** Whether `version` is in `range`, prereleases included. Loaded with the first library that asks. */
export function satisfies(version: string, range: string): boolean {
  return satisfiesRange(version, range, { includePrerelease: true })
}
