import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drawTraces, trace } from './draw.js'
import { temporaryFolder } from './folder.js'
import type { Owner } from './owner.js'
import { launch, root } from './program.js'
import { startSink } from './sink.js'

/** What both lives of the program are to trace. */
export const BOTH_LIVES = trace`
  GET   CLIENT 200
    GET SERVER 200 url.path=/one

  GET   CLIENT 200
    GET SERVER 200 url.path=/two
`

/** When a file is written again, for who watches it may have begun to after the first time. */
const WRITTEN_MILLIS = 10_000

export interface Watched {
  readonly drawn: string
  /** Lines that the program printed, and those of the agent, in the order of each. */
  readonly printed: readonly string[]
  readonly said: readonly string[]
}

/**
 * Has a program run by something that starts it again when a file of it is written, and ends it after its second life.
 *
 * @param flags of Node.js, or the file of a tool and its arguments; the program is behind them
 */
export async function watch(owner: Owner, flags: readonly string[], node?: string): Promise<Watched> {
  const folder = temporaryFolder(owner)
  const word = join(folder, 'word.cjs')
  await writeFile(word, `module.exports = 'one'\n`)
  await copyFile(join(root, 'test/apps/watched/program.cjs'), join(folder, 'program.cjs'))
  const sink = await startSink(owner)
  const env = { ...sink.env, NODE_OPTIONS: `--import "${join(root, 'register.mjs')}"` }
  const options = { env, agent: false, nodeFlags: flags, cwd: folder, ...(node === undefined ? {} : { node }) }
  const program = launch(owner, join(folder, 'program.cjs'), options)
  await program.printed(/it says one/)
  const write = () => void writeFile(word, `module.exports = 'two'\n`)
  write()
  const again = setInterval(write, WRITTEN_MILLIS)
  try {
    await program.printed(/it says two/)
  } finally {
    clearInterval(again)
  }
  program.signal('SIGTERM')
  const { stdout, stderr } = await program.end(30_000)
  await sink.spans(4)
  return {
    drawn: drawTraces(await sink.settled(), ['url.path']),
    printed: stdout.split('\n').filter((line) => line.startsWith('it says')),
    said: stderr.split('\n').filter((line) => line.startsWith('autospan: ')),
  }
}
