import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { trace } from './harness/draw.js'
import { temporaryFolder } from './harness/folder.js'
import { file } from './harness/owner.js'
import { root, traceOf } from './harness/program.js'

const PACK = ['pack', '--dry-run', '--json', '--ignore-scripts']
const [{ files }] = JSON.parse(execFileSync('npm', PACK, { cwd: root, encoding: 'utf8' }))
const packed: readonly string[] = files.map(({ path }: { path: string }) => path)

const { dependencies, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** What users import, but for the plain file. */
const ENTRIES = Object.keys(exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => entry.replace(/^\./, 'autospan'))
const project = installed()

test('the package has each file that the README links to', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const linked = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = '']) => path)
  assert.ok(linked.length > 0)
  assert.deepEqual(
    linked.filter((path) => !packed.includes(path)),
    [],
  )
})

test('the package has all that the agent and the command load', async () => {
  const env = { OTEL_METRICS_EXPORTER: 'none' }
  const nodeFlags = ['--import', 'autospan/register']
  assert.equal(
    await traceOf('boot/traced.mjs', env, { agent: false, cwd: project, nodeFlags }),
    trace`
      GET   CLIENT 200
        GET SERVER 200
    `,
  )
  const command = join(project, 'node_modules/autospan/dist/cli.cjs')
  const { status, stderr } = spawnSync(process.execPath, [command, 'doctor', '--help'], { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
})

test('the package has the licence of each package that its files are made of', () => {
  const licences = readFileSync(join(root, 'dist/LICENSES.txt'), 'utf8')
  for (const name of ['semver', 'shimmer', 'yaml']) {
    assert.ok(licences.includes(readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8').trim()), name)
  }
  assert.ok(packed.includes('dist/LICENSES.txt'))
})

test('what the package holds in CommonJS is strict: a wrapper called without a receiver passes none on', () => {
  const bundles = packed.filter((path) => path.endsWith('.cjs') && path.startsWith('dist/'))
  assert.ok(bundles.includes('dist/agent.cjs') && bundles.length > 10)
  const sloppy = bundles.filter((path) => !/^(#!.*\n)?['"]use strict['"];/.test(readFileSync(join(root, path), 'utf8')))
  assert.deepEqual(sloppy, [])
})

test('each entry of the package can be imported, and told by TypeScript without skipLibCheck', () => {
  const imports = ENTRIES.map((entry, i) =>
    entry === 'autospan/register' ? `import '${entry}'` : `import * as m${i} from '${entry}'`,
  )
  const source = `${imports.join('\n')}\n`
  writeFileSync(join(project, 'entries.mts'), source)
  writeFileSync(join(project, 'entries.mjs'), source)
  const env = { ...process.env, OTEL_SDK_DISABLED: 'true' }
  execFileSync(process.execPath, ['entries.mjs'], { cwd: project, env, stdio: ['ignore', 'ignore', 'inherit'] })
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ] as const) {
    const flags = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022', '--types', '']
    const how = ['--module', module, '--moduleResolution', moduleResolution]
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout, status } = spawnSync(process.execPath, [compiler, ...flags, ...how, 'entries.mts'], {
      cwd: project,
      encoding: 'utf8',
    })
    assert.deepEqual([stdout, status], ['', 0], moduleResolution)
  }
})

/** @returns the path of a project in which the package is installed as npm packs it, with its dependencies alone */
function installed(): string {
  const folder = temporaryFolder(file)
  for (const path of packed) cpSync(join(root, path), join(folder, 'node_modules/autospan', path))
  // A plugin is for those who have esbuild.
  for (const name of [...Object.keys(dependencies), 'esbuild']) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link, 'junction')
  }
  return folder
}
