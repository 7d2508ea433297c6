import { resolve } from 'node:path'

/** '' is the current folder, which is that in which the program was started when its main thread reads this. */
let folder = ''

/** Tells a worker thread where its program was started. */
export function startedIn(path: string): void {
  folder = path
}

/** The path from the folder in which the program was started: it may go to another one. As it is where that folder is gone. */
export function absolutePath(path: string): string {
  try {
    return resolve(folder, path)
  } catch {
    return path
  }
}
