import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bundle } from './bundle.js'
import { diag } from './diag/diag.js'
import type { Instrumentation } from './instrumentation/instrumentation.js'

/** Of all files that are searched. */
const MAX_BYTES = 64 * 1024 * 1024
/** What the plugins for bundlers leave in a bundle: its modules tell of themselves. */
const HANDED_OVER = 'autospan.bundled'

/**
 * Says which libraries a bundler has put into the program, where no hook hears of them. The files are read and
 * searched one after the other, while the program runs on: 6 ms for each megabyte. Never rejects.
 */
export async function sayInlined({ file, next, chunks }: Bundle, enabled: readonly Instrumentation[]): Promise<void> {
  try {
    if (file !== undefined) say(await inlinedIn([file], enabled), `${file}: bundle with a plugin of autospan`)
    if (next !== undefined) {
      say(await inlinedIn(await scriptsIn(next), enabled), `${next}: name them in serverExternalPackages`)
    }
    if (chunks !== undefined) {
      say(await inlinedIn(await scriptsIn(chunks), enabled), `${chunks}: leave them out of the build`)
    }
  } catch (error) {
    diag.debug(`cannot tell what is inlined in ${file ?? next ?? chunks}: ${error}`)
  }
}

async function scriptsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  return names
    .filter((name) => /\.m?js$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name))
}

function say(names: readonly string[], placeAndRemedy: string): void {
  if (names.length > 0) diag.warn(`${names.join(', ')} cannot be traced within ${placeAndRemedy}, see docs/bundles.md`)
}

/** Names of the libraries; none where the files tell of their modules by themselves. */
async function inlinedIn(files: readonly string[], enabled: readonly Instrumentation[]): Promise<string[]> {
  const found = new Set<string>()
  let left = MAX_BYTES
  for (const file of files) {
    left -= (await stat(file)).size
    if (left < 0) break
    const text = await readFile(file, 'latin1')
    if (text.includes(HANDED_OVER)) return []
    for (const { name, modules = [] } of enabled) {
      if (modules.some(({ telltale }) => telltale !== undefined && text.includes(telltale))) found.add(name)
    }
  }
  return enabled.filter(({ name }) => found.has(name)).map(({ name }) => name)
}
