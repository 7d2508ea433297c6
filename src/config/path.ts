import { resolve } from 'node:path'

/** The path from the folder in which the program was started: it may go to another one. As it is where that folder is gone. */
export function absolutePath(path: string): string {
  try {
    return resolve(path)
  } catch {
    return path
  }
}
