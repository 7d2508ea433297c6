import { rename, rmdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { wallMillis } from '../../trace/clock.js'
import { readName } from './file.js'
import { entriesOf, removeOlder } from './folders.js'

/** The process that takes files over. */
export interface Heir {
  /** A path in its own folder, which is there then. */
  newPath(madeMillis: number, records: number): Promise<string>
  /** Hears of each file that is its own now. */
  onTaken(path: string, bytes: number, records: number): void
}

/** What became of the records of ended processes. */
export interface Takeover {
  readonly taken: number
  /** Too old to be sent, and removed. */
  readonly expired: number
}

/**
 * Renames the files of folders whose processes have ended into the heir's own, and removes what is too old. Others may be at
 * it at the same time: of each file the system lets only one be the heir.
 *
 * @param kind of the files that the heir can send; others stay until they are too old
 */
export async function takeOver(
  abandoned: readonly string[],
  kind: string,
  maxAgeMillis: number,
  heir: Heir,
): Promise<Takeover> {
  let taken = 0
  let expired = 0
  for (const folder of abandoned) {
    for (const name of await entriesOf(folder)) {
      const found = await takeFile(join(folder, name), readName(name, kind), maxAgeMillis, heir)
      taken += found.taken
      expired += found.expired
    }
    // Others may be at it, and files of other signals stay.
    await rmdir(folder).catch(() => {})
  }
  return { taken, expired }
}

const NOTHING: Takeover = { taken: 0, expired: 0 }

async function takeFile(
  path: string,
  named: ReturnType<typeof readName>,
  maxAgeMillis: number,
  heir: Heir,
): Promise<Takeover> {
  if (path.endsWith('.tmp')) {
    await unlink(path).catch(() => {})
    return NOTHING
  }
  if (named === undefined) {
    // Of another signal, or encoded as this program does not.
    await removeOlder(path, maxAgeMillis)
    return NOTHING
  }
  const { madeMillis, records } = named
  try {
    if (wallMillis() - madeMillis > maxAgeMillis) {
      await unlink(path)
      return { taken: 0, expired: records }
    }
    const own = await heir.newPath(madeMillis, records)
    const { size } = await stat(path)
    await rename(path, own)
    heir.onTaken(own, size, records)
    return { taken: records, expired: 0 }
  } catch {
    // Another process was faster.
    return NOTHING
  }
}
