import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { root, run } from '../harness/program.js'
import { BUILTINS, forLine, INSTALLED, SIZES, TOLERANCE } from './figures.js'
import { lineOfNode, tell } from './node.js'

/** What `test/apps/cost/loaded.*` print. */
interface Loaded {
  readonly files: readonly string[]
  readonly builtins: readonly string[]
}

const line = lineOfNode()

/** A program of either kind, and a worker thread, which starts anew all that its process has started. */
const APPS = { cjs: 'cost/loaded.cjs', mjs: 'cost/loaded.mjs', thread: 'cost/thread.cjs' } as const

for (const [kind, app] of Object.entries(APPS)) {
  test(`${app}: a start loads one file of the agent's and few built-ins`, async () => {
    const bare = await loadedBy(app, false)
    const traced = await loadedBy(app, true)
    const files = traced.files.map((path) => relative(root, path)).filter((path) => !path.startsWith('test'))
    assert.deepEqual(files, ['dist/agent.cjs'])
    const added = traced.builtins.filter((name) => !bare.builtins.includes(name))
    const known = forLine(BUILTINS[kind as keyof typeof APPS], line)
    tell(`${app}: ${added.length} built-ins, known are ${known}: ${added.join(', ')}`)
    assert.ok(
      added.length <= known,
      `${added.length}, known are ${known}: see test/cost/figures.ts\n${added.join('\n')}`,
    )
  })
}

async function loadedBy(app: string, agent: boolean): Promise<Loaded> {
  // Metrics begin after a second, in which a busy machine may not have reached the program's first line.
  const { stderr } = await run(app, { agent, env: { OTEL_LOG_LEVEL: 'none', OTEL_METRICS_EXPORTER: 'none' } })
  return JSON.parse(stderr)
}

for (const [path, known] of Object.entries(SIZES)) {
  test(`${path} is no larger than known`, () => {
    const { size } = statSync(join(root, path))
    tell(`${path}: ${size} bytes, known are ${known}`)
    assert.ok(size <= known * TOLERANCE, `${size} bytes, known are ${known}: see test/cost/figures.ts`)
  })
}

test('a production install is small', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const folders = Object.keys(packages).filter((path) => path !== '' && packages[path].dev !== true)
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const [{ unpackedSize }] = JSON.parse(spawnSync('npm', pack, { cwd: root, encoding: 'utf8' }).stdout)
  const bytes = folders.reduce((sum, folder) => sum + sizeOf(join(root, folder)), unpackedSize)
  tell(`installed: ${bytes} bytes, ${unpackedSize} of them our own, ${folders.length} packages besides`)
  assert.ok(
    bytes <= INSTALLED.bytes * TOLERANCE,
    `${bytes} bytes, known are ${INSTALLED.bytes}: see test/cost/figures.ts`,
  )
  assert.ok(folders.length <= INSTALLED.packages, `${folders.length} packages: ${folders.join(', ')}`)
})

function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
