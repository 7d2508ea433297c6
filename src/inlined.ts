import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { diag } from './diag/diag.js'
import type { Instrumentation } from './instrumentation/instrumentation.js'

/** Smaller entry files are written by hand, or lead to others. */
const MIN_BYTES = 64 * 1024
const MAX_BYTES = 64 * 1024 * 1024
/** What the plugins for bundlers leave in a bundle: its modules tell of themselves. */
const HANDED_OVER = 'autospan.bundled'

/**
 * Says which libraries a bundler has put into the program's entry file, where no hook hears of them. A program that is
 * no bundle pays for one `stat`; of a bundle the file is read and searched.
 *
 * @param entryFile as in `process.argv[1]`: it may be a folder, or lack its extension
 */
export function sayInlined(entryFile: string | undefined, enabled: readonly Instrumentation[]): void {
  try {
    const file = bundleOf(entryFile)
    if (file === undefined) return
    const text = readFileSync(file, 'latin1')
    if (text.includes(HANDED_OVER)) return
    const inlined = enabled.filter(({ modules = [] }) =>
      modules.some(({ telltale }) => telltale !== undefined && text.includes(telltale)),
    )
    if (inlined.length === 0) return
    const names = inlined.map(({ name }) => name).join(', ')
    diag.warn(`${names} cannot be traced within ${file}: bundle with a plugin of autospan, see docs/bundles.md`)
  } catch (error) {
    diag.debug(`cannot tell what is inlined in ${entryFile}: ${error}`)
  }
}

/** The entry file, if it is as large as only bundles are. */
function bundleOf(entryFile: string | undefined): string | undefined {
  if (entryFile === undefined) return undefined
  for (const file of [entryFile, `${entryFile}.js`, join(entryFile, 'index.js')]) {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat?.isFile()) return stat.size >= MIN_BYTES && stat.size <= MAX_BYTES ? file : undefined
  }
  return undefined
}
