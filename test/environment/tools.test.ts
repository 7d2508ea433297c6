import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { root, run } from '../harness/program.js'

const folder = temporaryFolder(file)

const agent = {
  NODE_OPTIONS: `--import=${pathToFileURL(join(root, 'register.mjs')).href}`,
  OTEL_TRACES_EXPORTER: 'none',
}
const REPORT = `console.log(globalThis[Symbol.for('autospan.started')] === undefined ? 'untraced' : 'traced')\n`

async function makeFile(path: string): Promise<string> {
  const absolute = join(folder, path)
  await mkdir(dirname(absolute), { recursive: true })
  await writeFile(absolute, REPORT)
  return absolute
}

/** Entry files of tools as their packages have them, and the links by which they are called. */
for (const [path, link] of [
  ['lib/node_modules/npm/bin/npm-cli.js', 'bin/npm'],
  ['lib/node_modules/npm/bin/npx-cli.js', 'bin/npx'],
  ['lib/node_modules/corepack/dist/corepack.js', 'bin/corepack'],
  ['lib/node_modules/corepack/dist/pnpm.js', 'bin/pnpm'],
  ['project/node_modules/yarn/bin/yarn.js', 'project/node_modules/.bin/yarn'],
  ['project/node_modules/.pnpm/pnpm@9.15.0/node_modules/pnpm/bin/pnpm.cjs', 'project/node_modules/.bin/pnpm'],
  ['project/node_modules/@yarnpkg/cli-dist/bin/yarn.js', 'project/node_modules/.bin/yarnpkg'],
  ['project/.yarn/releases/yarn-4.5.0.cjs'],
  ['lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'],
  ['project/node_modules/tsx/dist/cli.mjs', 'project/node_modules/.bin/tsx'],
  ['project/node_modules/nodemon/bin/nodemon.js', 'project/node_modules/.bin/nodemon'],
  ['project/node_modules/@nestjs/cli/bin/nest.js', 'project/node_modules/.bin/nest'],
  ['project/node_modules/concurrently/dist/bin/concurrently.js', 'project/node_modules/.bin/conc'],
  ['lib/node_modules/pm2/bin/pm2', 'bin/pm2'],
  ['lib/node_modules/pm2/lib/Daemon.js'],
  ['project/node_modules/cross-env/dist/bin/cross-env.js', 'project/node_modules/.bin/cross-env'],
  ['project/node_modules/dotenv-cli/cli.js', 'project/node_modules/.bin/dotenv'],
  ['project/node_modules/env-cmd/bin/env-cmd.js', 'project/node_modules/.bin/env-cmd'],
  ['project/node_modules/npm-run-all/bin/run-p/index.js', 'project/node_modules/.bin/run-p'],
  ['project/node_modules/npm-run-all2/bin/run-s/index.js', 'project/node_modules/.bin/run-s'],
  ['project/node_modules/ts-node-dev/lib/bin.js', 'project/node_modules/.bin/tsnd'],
  ['lib/node_modules/forever/bin/forever', 'bin/forever'],
  ['lib/node_modules/forever/bin/monitor'],
] as const) {
  test(`${path} is left alone, unless AUTOSPAN_TRACE_TOOLS=true`, async () => {
    const tool = await makeFile(path)
    const called = link === undefined ? tool : join(folder, link)
    if (link !== undefined) {
      await mkdir(dirname(called), { recursive: true })
      await symlink(tool, called)
    }
    assert.deepEqual(await reported(called), ['untraced\n', ''])
    const [stdout, stderr] = await reported(called, { AUTOSPAN_TRACE_TOOLS: 'true' })
    assert.deepEqual([stdout, stderr.split(' ', 1)], ['traced\n', ['autospan:']])
  })
}

for (const path of [
  'mine/npm',
  'mine/yarn.js',
  'npm/server.js',
  'node_modules/.bin/npm-check.js',
  'yarn/bin/shop.js',
  'tsx/server.js',
  'nodemon.js',
  'nest.js',
  'dotenv/cli.js',
  'forever/server.js',
]) {
  test(`a program of the user's at ${path} is traced`, async () => {
    assert.equal((await reported(await makeFile(path)))[0], 'traced\n')
  })
}

async function reported(path: string, env: Record<string, string> = {}): Promise<[string, string]> {
  const { stdout, stderr } = await run(path, { agent: false, env: { ...agent, ...env } })
  return [stdout, stderr]
}

test("a logger's thread is left alone, and its program traced", async () => {
  const worker = await makeFile('project/node_modules/thread-stream/lib/worker.js')
  for (const [expected, env] of [
    ['untraced\n', {}],
    ['traced\n', { AUTOSPAN_TRACE_TOOLS: 'true' }],
  ] as const) {
    const { stdout } = await run('tools/logging.cjs', { args: [worker], env: { ...agent, ...env }, agent: false })
    assert.equal(stdout, expected)
  }
})

for (const command of [
  ['npm', 'start'],
  ['npm', 'exec', '--', 'node', 'app.js'],
  ['npx', '--', 'node', 'app.js'],
]) {
  test(`${command.join(' ')}: npm itself is left alone, and the program that it starts is traced, once`, async () => {
    const project = join(folder, 'started')
    await makeFile('started/app.js')
    await writeFile(
      join(project, 'package.json'),
      JSON.stringify({ name: 'started', scripts: { start: 'node app.js' } }),
    )
    const [name = '', ...args] = command
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_update_notifier: 'false', ...agent }
    const script = `${name} ${args.join(' ')} 2>&1`
    const lines = execFileSync('/bin/sh', ['-c', script], { cwd: project, env, encoding: 'utf8' }).split('\n')
    assert.equal(lines.filter((line) => line === 'traced').length, 1)
    assert.equal(lines.filter((line) => line.startsWith('autospan: ')).length, 1, lines.join('\n'))
  })
}
