import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atEnd, type Owner } from './owner.js'

/** The path of a new, empty folder, far from any node_modules, that is gone at the owner's end. */
export function temporaryFolder(owner: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), 'autospan-'))
  atEnd(owner, async () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
