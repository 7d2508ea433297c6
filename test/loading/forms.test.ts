import assert from 'node:assert/strict'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { drawTraces, trace } from '../harness/draw.js'
import { atEnd, file, type Owner } from '../harness/owner.js'
import { type Outcome, type ProgramOptions, root, run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const EXPRESS = trace`
  GET              CLIENT 200
    GET /users/:id SERVER 200
`

/** Where the program's express really is, from its folder; links lead there from node_modules. */
const TREES = {
  'node_modules as npm makes it': 'node_modules/express',
  'node_modules as pnpm makes it': 'node_modules/.pnpm/express@5.0.0/node_modules/express',
  'a package linked from elsewhere': '../packages/express',
}

const FORMS = [
  'required.cjs',
  'default.mjs',
  'namespace.mjs',
  'named.mjs',
  'dynamic.mjs',
  'dynamic.cjs',
  'create-require.mjs',
  'subpath.mjs',
  'subpath.cjs',
  'relative.mjs',
  'alias.mjs',
  'reloaded.cjs',
  'kinds.mjs',
]

const projects: string[] = []
for (const place of Object.values(TREES)) projects.push(await projectWith(file, place))
const [project = ''] = projects

for (const form of FORMS) {
  test(`${form} is traced, and does and says what it does without the agent`, async (t) => {
    await compare(t, join(project, form))
  })
}

for (const [i, tree] of Object.keys(TREES).entries()) {
  for (const form of ['required.cjs', 'default.mjs']) {
    test(`${tree}: ${form} is traced`, async (t) => {
      await compare(t, join(projects[i] ?? '', form))
    })
  }
}

for (const when of ['before', 'after']) {
  test(`a hook of the program's own, ${when} the agent's, changes nothing`, async (t) => {
    const hook = `import * as m from 'node:module'; m.registerHooks?.({ resolve: (s, c, n) => n(s, c), load: (u, c, n) => n(u, c) })`
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`]
    const agent = ['--import', pathToFileURL(join(root, 'register.mjs')).href]
    const nodeFlags = when === 'before' ? [...flags, ...agent] : [...agent, ...flags]
    await compare(t, join(project, 'default.mjs'), { nodeFlags, agent: false })
  })
}

test('a library that was loaded before the agent is told, and traced from then on', async (t) => {
  const preload = join(project, 'preload.cjs')
  await writeFile(preload, `require('express')`)
  const { stderr } = await compare(t, join(project, 'default.mjs'), { nodeFlags: ['--require', preload] })
  assert.equal(stderr.match(/express \S+ was loaded before autospan/g)?.length, 1, stderr)
})

for (const extension of ['cjs', 'mjs']) {
  test(`1,000 modules in cycles are evaluated as without the agent: .${extension}`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'autospan-'))
    atEnd(t, () => rm(folder, { recursive: true, force: true }))
    await writeTree(folder, extension, 1000)
    const app = join(folder, `m0.${extension}`)
    const bare = await run(app, { agent: false })
    const traced = await run(app, { env: { OTEL_TRACES_EXPORTER: 'none' } })
    assert.equal(bare.stdout.split('\n').length, 1001)
    assert.deepEqual([traced.stdout, traced.code], [bare.stdout, bare.code])
  })
}

/** Runs a program bare and traced: outcome and trace have to be as expected. */
async function compare(owner: Owner, app: string, options: ProgramOptions = {}): Promise<Outcome> {
  const bare = await run(app, { agent: false })
  const sink = await startSink(owner)
  const { nodeFlags = [] } = options
  const traced = await run(app, {
    ...options,
    nodeFlags: ['--throw-deprecation', ...nodeFlags],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  })
  assert.equal(bare.code, 0, bare.stderr)
  assert.deepEqual([traced.stdout, traced.code, foreign(traced)], [bare.stdout, 0, foreign(bare)], traced.stderr)
  assert.equal(drawTraces(await sink.settled()), EXPRESS)
  return traced
}

/** What is not the agent's on stderr; process ids aside. */
function foreign({ stderr }: Outcome): string {
  return stderr.replaceAll(/^autospan: .*\n/gm, '').replaceAll(/\(node:\d+\)/g, '(node)')
}

/** The programs with an express at `place`, and a second one under another name. */
async function projectWith(owner: Owner, place: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'autospan-'))
  atEnd(owner, () => rm(folder, { recursive: true, force: true }))
  // What the packages themselves need is found one folder up.
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  const project = join(folder, 'app')
  await cp(join(root, 'test/apps/loading'), project, { recursive: true })
  await mkdir(join(project, 'node_modules'), { recursive: true })
  await cp(join(root, 'node_modules/express'), join(project, place), { recursive: true })
  await cp(join(root, 'node_modules/express'), join(project, 'node_modules/alias-of-express'), { recursive: true })
  if (place !== 'node_modules/express') {
    await symlink(join(project, place), join(project, 'node_modules/express'), 'junction')
  }
  return project
}

/** Each module loads two others and its parent, and prints its number and what it sees of them. */
async function writeTree(folder: string, extension: string, count: number): Promise<void> {
  const writes = Array.from({ length: count }, (_, i) => {
    const others = [2 * i + 1, 2 * i + 2, Math.floor((i - 1) / 2)].filter((other) => other > 0 && other < count)
    const source =
      extension === 'cjs'
        ? `${others.map((o) => `const m${o} = require('./m${o}.cjs')`).join('\n')}\nexports.value = ${i}\nconsole.log(${i}, ${others.map((o) => `Object.keys(m${o}).join()`).join()})\n`
        : `${others.map((o) => `import * as m${o} from './m${o}.mjs'`).join('\n')}\nexport var value = ${i}\nconsole.log(${i}, ${others.map((o) => `m${o}.value`).join()})\n`
    return writeFile(join(folder, `m${i}.${extension}`), source)
  })
  await Promise.all(writes)
}
