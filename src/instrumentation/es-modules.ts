import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { LoadedModule } from '../hooks/modules.js'
import { HookedPackages } from '../hooks/packages.js'

/** The files of what has been found. */
const found = new Set<string>()

/**
 * Imports the file `name` of the package that the ES module at `url` would import, and thereby loads it if it is not
 * yet: once for each copy.
 *
 * @returns the module; undefined where it is known
 * @throws what Node.js throws where there is no such module, or it cannot be loaded
 */
export async function findEsModule(name: string, url: string): Promise<LoadedModule | undefined> {
  const path = resolve(name, createRequire(url))
  if (found.has(path)) return undefined
  found.add(path)
  const exports: unknown = await import(pathToFileURL(path).href)
  return { name, version: new HookedPackages([name]).entryAt(path)?.version, exports, isLate: false }
}

/** As a file of the package: its exports may tell another for `require`, or none. */
function resolve(name: string, require: NodeJS.Require): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    const path = join(folder, name)
    if (existsSync(path)) return realpathSync(path)
  }
  return require.resolve(name)
}
