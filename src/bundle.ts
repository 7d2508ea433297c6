import { type Stats, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { absolutePath } from './config/path.js'

/** Smaller entry files are written by hand, or lead to others. */
const MIN_BYTES = 64 * 1024

/** Where a bundler has put libraries of the program, if one has. */
export interface Bundle {
  /** The entry file, if it is as large as only bundles are. */
  readonly file: string | undefined
  /** The folder of what Next.js has built for the server. */
  readonly next: string | undefined
  /** The folder of the chunks that the entry file of a build of Nitro, SvelteKit or Astro leads to. */
  readonly chunks: string | undefined
}

/**
 * Undefined for a program that is no bundle, which pays for five calls of `stat`.
 *
 * @param entryFile as in `process.argv[1]`: it may be a folder, or lack its extension
 */
export function findBundle(entryFile: string): Bundle | undefined {
  let entry = entryFile
  let size = 0
  for (const path of [entryFile, `${entryFile}.js`, join(entryFile, 'index.js')]) {
    const found = look(path)
    if (found?.isFile()) {
      entry = path
      size = found.size
      break
    }
  }
  const file = size >= MIN_BYTES ? entry : undefined
  const folder = dirname(entry)
  // Beside the entry file of a standalone build, or in the project.
  const next = folderAt(folder, '.next/server') ?? folderAt(absolutePath('.'), '.next/server')
  // SvelteKit has those of its routes beside its chunks.
  const chunks = folderAt(folder, 'chunks') ?? (folderAt(folder, 'server/chunks') && join(folder, 'server'))
  return file === undefined && next === undefined && chunks === undefined ? undefined : { file, next, chunks }
}

function folderAt(folder: string, path: string): string | undefined {
  const found = join(folder, path)
  return look(found)?.isDirectory() ? found : undefined
}

/** Undefined too where that is not permitted. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
