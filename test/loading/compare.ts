import assert from 'node:assert/strict'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { drawTraces, trace } from '../harness/draw.js'
import { temporaryFolder } from '../harness/folder.js'
import type { Owner } from '../harness/owner.js'
import { type Outcome, type ProgramOptions, root, run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const EXPRESS = trace`
  GET              CLIENT 200
    GET /users/:id SERVER 200
`

export interface CompareOptions extends ProgramOptions {
  /** Flags of Node.js without the agent. Default: `nodeFlags`. */
  readonly bareFlags?: readonly string[]
  /** The program itself uses what is deprecated. */
  readonly isDeprecated?: boolean
}

/** Runs a program bare and traced: it has to do and say the same, and to be traced. */
export async function compare(owner: Owner, app: string, options: CompareOptions = {}): Promise<Outcome> {
  const { nodeFlags = [], bareFlags = nodeFlags, isDeprecated = false } = options
  const bare = await runBare(app, bareFlags)
  const sink = await startSink(owner)
  const traced = await run(app, {
    ...options,
    nodeFlags: [...(isDeprecated ? [] : ['--throw-deprecation']), ...nodeFlags],
    env: sink.env,
  })
  assert.equal(bare.code, 0, bare.stderr)
  assert.deepEqual([traced.stdout, traced.code, foreign(traced)], [bare.stdout, 0, foreign(bare)], traced.stderr)
  assert.equal(drawTraces(await sink.settled()), EXPRESS)
  return traced
}

const known = new Map<string, Promise<Outcome>>()

/** Once for each program and its flags. */
function runBare(app: string, nodeFlags: readonly string[]): Promise<Outcome> {
  const key = [...nodeFlags, app].join(' ')
  const outcome = known.get(key) ?? run(app, { agent: false, nodeFlags })
  known.set(key, outcome)
  return outcome
}

/** What is not the agent's on stderr; process ids aside. */
function foreign({ stderr }: Outcome): string {
  return stderr.replaceAll(/^autospan: .*\n/gm, '').replaceAll(/\(node:\d+\)/g, '(node)')
}

/**
 * The programs with an express at `place`, and a second one under another name: of the line that has its router in itself,
 * so that routes tell whether express is hooked.
 */
export async function projectWith(owner: Owner, place: string): Promise<string> {
  const folder = temporaryFolder(owner)
  // What the packages themselves need is found one folder up.
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  const project = join(folder, 'app')
  await cp(join(root, 'test/apps/loading'), project, { recursive: true })
  await mkdir(join(project, 'node_modules'), { recursive: true })
  await cp(join(root, 'node_modules/express4'), join(project, place), { recursive: true })
  await cp(join(root, 'node_modules/express4'), join(project, 'node_modules/alias-of-express'), { recursive: true })
  for (const name of ['dual', 'server']) {
    const [place, from] = [name === 'server' ? '@shop/server' : name, join(project, 'packages', name)]
    await mkdir(join(project, 'node_modules/@shop'), { recursive: true })
    await symlink(from, join(project, 'node_modules', place), 'junction')
  }
  if (place !== 'node_modules/express') {
    await symlink(join(project, place), join(project, 'node_modules/express'), 'junction')
  }
  return project
}
