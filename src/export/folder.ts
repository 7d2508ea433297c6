import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those above it that are missing; one that is there is left as it is. The recursive mkdir of Node.js
 * never returns where a folder exists in which none can be made, and the system says ENOENT, as in /proc.
 * @throws the error of the system where it cannot be made
 */
export function makeFolder(path: string, mode?: number): void {
  try {
    mkdirSync(path, mode)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const parent = dirname(path)
    if (code === 'ENOENT' && parent !== path && !isFolder(parent)) {
      makeFolder(parent, mode)
      makeFolder(path, mode)
    } else if (!isFolder(path)) {
      throw error
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
