import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { stackHere } from '../diag/stack.js'
import type { LoadedModule } from '../hooks/modules.js'
import { HookedPackages } from '../hooks/packages.js'

/** A file's URL in a line of a stack. */
const FILE_URL = /\bfile:\/\/.+(?=:\d+:\d+\)?$)/gm

/** The files of what has been found. */
const found = new Set<string>()

/**
 * Looks among its callers for a file that has `caller` in its URL. What that imports by `name` is imported, and
 * thereby loaded if it is not yet: once for each copy.
 *
 * @returns the module; undefined where no such file calls, or the module is known
 * @throws what Node.js throws where there is no such module, or it cannot be loaded
 */
export async function findEsModule(name: string, caller: string): Promise<LoadedModule | undefined> {
  const url = stackHere()
    .match(FILE_URL)
    ?.find((one) => one.includes(caller))
  if (url === undefined) return undefined
  const path = createRequire(url).resolve(name)
  if (found.has(path)) return undefined
  found.add(path)
  const exports: unknown = await import(pathToFileURL(path).href)
  return { name, version: new HookedPackages([name]).entryAt(path)?.version, exports, isLate: false }
}
