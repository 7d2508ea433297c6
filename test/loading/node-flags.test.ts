import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { drawTraces, trace } from '../harness/draw.js'
import { temporaryFolder } from '../harness/folder.js'
import { type Outcome, root, run, told } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const NODE = process.env.AUTOSPAN_TEST_NODE ?? process.execPath
const MAJOR = Number(execFileSync(NODE, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }))
const app = 'boot/traced.cjs'
const DRAWN = trace`
  GET   CLIENT 200
    GET SERVER 200
`
const PERMISSION = ['--permission', '--allow-fs-read=*', ...(MAJOR > 24 ? ['--allow-net'] : [])]

/** What Node.js itself says of a flag is not the agent's. */
function foreign({ stderr }: Outcome): string {
  return stderr.replaceAll(/\(node:\d+\)/g, '(node)')
}

for (const flags of [
  ['--throw-deprecation', '--pending-deprecation', '--trace-warnings'],
  ['--frozen-intrinsics'],
  ['--disable-proto=throw'],
  ['--disable-proto=delete'],
  ['--no-addons'],
  ['--experimental-vm-modules'],
  ['--preserve-symlinks', '--preserve-symlinks-main'],
  ['--enable-source-maps'],
  ['--stack-trace-limit=0'],
  ...(MAJOR >= 22 ? [PERMISSION] : []),
]) {
  test(`${flags.join(' ')}: traced, and nothing is said that is not said without the agent`, async (t) => {
    const bare = await run(app, { nodeFlags: flags, agent: false })
    const sink = await startSink(t)
    const env = { ...sink.env, OTEL_LOG_LEVEL: 'warn' }
    const traced = await run(app, { nodeFlags: flags, env })
    assert.deepEqual([traced.code, traced.stdout, foreign(traced)], [0, bare.stdout, foreign(bare)], told(traced))
    assert.equal(drawTraces(await sink.settled()), DRAWN)
  })
}

const permission = { skip: MAJOR < 22 && 'there is no permission model' }

test('without --allow-worker process.exit() loses what waits, which is said with the reason', permission, async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, OTEL_LOG_LEVEL: 'warn' }
  const source = `const server = http.createServer((q, r) => r.end()).listen(0, '127.0.0.1', () =>
    http.get({ host: '127.0.0.1', port: server.address().port }, (r) => r.resume().on('end', () => process.exit(3))))`
  const agent = ['--import', pathToFileURL(join(root, 'register.mjs')).href]
  const { code, stderr } = await run('', { nodeFlags: [...PERMISSION, ...agent, '-e', source], agent: false, env })
  const lines = stderr.split('\n').filter((line) => line.startsWith('autospan: '))
  assert.equal(code, 3, stderr)
  assert.deepEqual(
    lines.map((line) => line.replace(/http:\S+/, 'URL')),
    ['autospan: lost 2 spans, not delivered to URL threads are not permitted, --allow-worker permits them'],
  )
  await sink.settled()
})

test('a control file that may not be read is said, and the agent starts', permission, async (t) => {
  const sink = await startSink(t)
  const folder = temporaryFolder(t)
  const AUTOSPAN_CONTROL_FILE = join(folder, 'control.env')
  await writeFile(AUTOSPAN_CONTROL_FILE, 'OTEL_TRACES_SAMPLER=always_off\n')
  const env = { AUTOSPAN_CONTROL_FILE, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_LOG_LEVEL: 'warn' }
  const flags = ['--permission', `--allow-fs-read=${root}/*`, ...PERMISSION.slice(2)]
  const { code, stderr } = await run(app, { nodeFlags: flags, env })
  const lines = stderr.split('\n').filter((line) => line.startsWith('autospan: '))
  assert.deepEqual(lines, [
    `autospan: the control file ${AUTOSPAN_CONTROL_FILE} cannot be read: ERR_ACCESS_DENIED; what was set before goes on`,
  ])
  assert.equal(code, 0, stderr)
  assert.equal(drawTraces(await sink.settled()), DRAWN)
})

test('folders of the program that may not be read cost nothing, and nothing is said', permission, async (t) => {
  const sink = await startSink(t)
  const read = ['dist', 'register.mjs', 'package.json', 'node_modules', join('test/apps', app)]
  const allowed = read.map((path) => `--allow-fs-read=${join(root, path)}`)
  const env = { ...sink.env, OTEL_LOG_LEVEL: 'warn' }
  const outcome = await run(app, { nodeFlags: ['--permission', ...allowed, ...PERMISSION.slice(2)], env })
  const lines = outcome.stderr.split('\n').filter((line) => line.startsWith('autospan: '))
  assert.deepEqual([outcome.code, lines], [0, []], told(outcome))
  assert.equal(drawTraces(await sink.settled()), DRAWN)
})

test('an agent that may not be read by --require is said, and the program runs', permission, async () => {
  const flags = ['--permission', `--allow-fs-read=${join(root, 'test')}/*`]
  const { stdout, stderr, code } = await run('boot/plain.cjs', { nodeFlags: flags, importFlag: '--require' })
  assert.deepEqual([stdout, code], ['ran true\n', 0], stderr)
  assert.match(stderr, /^autospan: could not be loaded, the program runs untraced: Access to this API .*\n$/)
})

for (const [title, flags, stdout] of [
  ['-p', ['-p', '[1, typeof http.get]'], "[ 1, 'function' ]\n"],
  ['-e', ['-e', 'console.log(typeof http.get)'], 'function\n'],
  ['--input-type=module -e', ['--input-type=module', '-e', 'console.log(typeof import.meta)'], 'object\n'],
  ['--check', ['--check'], ''],
] as const) {
  test(`${title}: stdout has nothing of the agent`, async () => {
    const agent = ['--import', pathToFileURL(join(root, 'register.mjs')).href]
    const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOG_LEVEL: 'warn' }
    const outcome = await run(app, { nodeFlags: [...agent, ...flags], agent: false, env })
    assert.deepEqual([outcome.code, outcome.stdout, outcome.stderr], [0, stdout, ''])
  })
}

for (const flags of [['-'], ['-i']]) {
  test(`node ${flags.join(' ')}: a program from standard input prints what it prints without the agent`, () => {
    const agent = ['--import', pathToFileURL(join(root, 'register.mjs')).href]
    const options = { input: 'console.log(typeof require("http").get)\n', encoding: 'utf8' } as const
    const env = { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }
    const quiet = { ...env, OTEL_LOG_LEVEL: 'none' }
    const bare = execFileSync(NODE, [...flags], { ...options, env })
    assert.equal(execFileSync(NODE, [...agent, ...flags], { ...options, env: quiet }), bare)
    assert.match(bare, /function/)
  })
}
