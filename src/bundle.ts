import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Smaller entry files are written by hand, or lead to others. */
const MIN_BYTES = 64 * 1024

/** Where a bundler has put libraries of the program, if one has. */
export interface Bundle {
  /** The entry file, if it is as large as only bundles are. */
  readonly file: string | undefined
  /** The folder of what Next.js has built for the server. */
  readonly built: string | undefined
}

/**
 * Undefined for a program that is no bundle, which pays for three calls of `stat`.
 *
 * @param entryFile as in `process.argv[1]`: it may be a folder, or lack its extension
 */
export function findBundle(entryFile: string): Bundle | undefined {
  const file = largeFile([entryFile, `${entryFile}.js`, join(entryFile, 'index.js')])
  // Beside the entry file of a standalone build, or in the project.
  const built = builtByNext(dirname(entryFile)) ?? builtByNext(process.cwd())
  return file === undefined && built === undefined ? undefined : { file, built }
}

function largeFile(candidates: readonly string[]): string | undefined {
  for (const file of candidates) {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found?.isFile()) return found.size >= MIN_BYTES ? file : undefined
  }
  return undefined
}

function builtByNext(folder: string): string | undefined {
  const built = join(folder, '.next', 'server')
  return statSync(built, { throwIfNoEntry: false })?.isDirectory() ? built : undefined
}
