import { readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { wallMillis } from '../../trace/clock.js'
import { isAlive, isOwnerName, LEASE_MILLIS } from './owner.js'

/** What other processes have in a spool. */
export interface Others {
  /** Paths of the folders of those that have ended. */
  readonly abandoned: readonly string[]
  /** What those that live have on disk. */
  readonly foreignBytes: number
}

/** Looks at all folders of processes in `directory` but `own`. @throws an error where it cannot be read */
export async function lookAround(directory: string, own: string): Promise<Others> {
  const abandoned: string[] = []
  let foreignBytes = 0
  for (const folder of await entriesOf(directory)) {
    const path = join(directory, folder)
    if (path === own || !isOwnerName(folder)) continue
    if (await isOwned(folder, path)) foreignBytes += await sizeOf(path)
    else abandoned.push(path)
  }
  return { abandoned, foreignBytes }
}

async function isOwned(folder: string, path: string): Promise<boolean> {
  const alive = isAlive(folder)
  if (alive !== undefined) return alive
  const touched = await stat(path).catch(() => undefined)
  return touched === undefined || wallMillis() - touched.mtimeMs < LEASE_MILLIS
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = (await entriesOf(folder)).map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** The names in a folder; none where there is no such folder. */
export async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}

/** Removes a file that was last written more than `ageMillis` ago. */
export async function removeOlder(path: string, ageMillis: number): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && wallMillis() - found.mtimeMs > ageMillis) await unlink(path).catch(() => {})
}
