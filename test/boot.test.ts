import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { trace } from './harness/draw.js'
import { temporaryFolder } from './harness/folder.js'
import type { Owner } from './harness/owner.js'
import { root, run, traceOf } from './harness/program.js'
import { startSink } from './harness/sink.js'

const register = join(root, 'register.mjs')
const quiet = { OTEL_TRACES_EXPORTER: 'none' }
/** Nobody can listen there. */
const UNREACHED = 'http://127.0.0.1:1'

for (const extension of ['mjs', 'cjs']) {
  for (const importFlag of ['--import', '--require'] as const) {
    test(`${importFlag} traces an entry in .${extension}`, async () => {
      assert.equal(
        await traceOf(`boot/traced.${extension}`, {}, { importFlag }),
        trace`
          GET   CLIENT 200
            GET SERVER 200
        `,
      )
    })
  }

  test(`one line on stderr says what is done, nothing is on stdout: .${extension}`, async () => {
    const { stdout, stderr, code } = await run(`boot/plain.${extension}`, {
      env: { ...quiet, OTEL_SERVICE_NAME: 'shop', OTEL_TRACES_EXPORTER: 'otlp', OTEL_TRACES_SAMPLER: 'traceidratio' },
    })
    assert.equal(stdout, 'ran true\n')
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const [line, ...rest] = stderr.split('\n')
    assert.deepEqual(rest, [''])
    assert.match(
      line ?? '',
      /^autospan: .*; .*http\/protobuf to http:\/\/localhost:4318\/v1\/traces; .*; hooked: http, /,
    )
    for (const part of [version, 'shop', 'sampler traceidratio 1'])
      assert.ok(line?.includes(part), `${part} in ${line}`)
    assert.equal(code, 0)
  })

  test(`OTEL_LOG_LEVEL=none says nothing, whatever is wrong: .${extension}`, async () => {
    const { stdout, stderr } = await run(`boot/traced.${extension}`, {
      env: { OTEL_LOG_LEVEL: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_SAMPLER: 'bad' },
    })
    assert.deepEqual([stdout, stderr], ['', ''])
  })
}

for (const [variable, value, loaded] of [
  ['OTEL_SDK_DISABLED', 'true', []],
  ['OTEL_SDK_DISABLED', 'TRUE', ['disabled.cjs']],
  ['OTEL_ENABLED', 'false', ['disabled.cjs']],
] as const) {
  test(`${variable}=${value} makes the agent absent: nothing patched, loaded, said or listened to`, async () => {
    const nothing = ['--import', 'data:text/javascript,']
    const bare = await run('boot/untouched.cjs', { agent: false, nodeFlags: nothing })
    const disabled = await run('boot/untouched.cjs', { env: { [variable]: value } })
    assert.equal(disabled.stderr, '')
    const seen = JSON.parse(disabled.stdout)
    assert.deepEqual({ ...seen, loaded: [] }, JSON.parse(bare.stdout))
    // What reads the two variables, where they are written in another way than most.
    assert.deepEqual(seen.loaded, loaded)
    assert.deepEqual([seen.patched, seen.registry], [0, true])
  })
}

for (const variable of ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE']) {
  test(`OTEL_SDK_DISABLED=true does not count beside ${variable}, which has a key for that`, async (t) => {
    const file = join(temporaryFolder(t), 'otel.yaml')
    writeFileSync(file, 'file_format: "1.0"\n')
    const { stdout } = await run('boot/untouched.cjs', { env: { OTEL_SDK_DISABLED: 'true', [variable]: file } })
    assert.equal(JSON.parse(stdout).patched, 4)
  })
}

test('the program that shows an absent agent shows a present one', async () => {
  const { stdout } = await run('boot/untouched.cjs', { env: quiet })
  const seen = JSON.parse(stdout)
  assert.equal(seen.patched, 4)
  assert.equal(seen.registry, false)
  assert.deepEqual(seen.timersAndSockets, [])
})

test('loading twice traces once, and is said once', async (t) => {
  const sink = await startSink(t)
  const flag = `--import=${pathToFileURL(register).href}`
  const { stderr } = await run('boot/traced.cjs', {
    env: { NODE_OPTIONS: flag, ...sink.env },
  })
  assert.equal((await sink.settled()).length, 2)
  assert.equal(stderr.match(/loaded more than once/g)?.length, 1)
})

test('a register of the program, or of another package, is not taken for the agent loaded twice', async (t) => {
  const folder = temporaryFolder(t)
  for (const file of ['register.mjs', 'register.cjs', 'node_modules/ts-node/register.js']) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), '')
  }
  const nodeFlags = ['--require', 'ts-node/register', '--require', './register.cjs', '--import', './register.mjs']
  const { stderr, code } = await run('boot/plain.cjs', { env: quiet, nodeFlags, cwd: folder })
  assert.deepEqual([code, stderr.match(/autospan: /g)?.length], [0, 1], stderr)
})

for (const WHEN of ['before', 'after']) {
  test(`an installation that goes away ${WHEN} something was traced changes nothing for the program`, async (t) => {
    const FOLDER = copyOf(t)
    const env = { WHEN, FOLDER, OTEL_EXPORTER_OTLP_ENDPOINT: UNREACHED, OTEL_METRIC_EXPORT_INTERVAL: '100' }
    const nodeFlags = ['--import', pathToFileURL(join(FOLDER, 'register.mjs')).href]
    const bare = await run('boot/uninstalled.cjs', { env: { ...env, FOLDER: copyOf(t) }, agent: false })
    const traced = await run('boot/uninstalled.cjs', { env, nodeFlags, agent: false })
    assert.deepEqual([traced.code, traced.stdout], [3, bare.stdout], traced.stderr)
    assert.match(traced.stderr, /^autospan: internal error in .*Cannot find module/m)
  })
}

test('it changes nothing either where only a worker thread has traced something', async (t) => {
  const FOLDER = copyOf(t)
  const env = { FOLDER, OTEL_EXPORTER_OTLP_ENDPOINT: UNREACHED, OTEL_BSP_SCHEDULE_DELAY: '50' }
  const nodeFlags = ['--import', pathToFileURL(join(FOLDER, 'register.mjs')).href]
  const { code, stdout, stderr } = await run('boot/uninstalled-thread.cjs', { env, nodeFlags, agent: false })
  assert.deepEqual([code, stdout], [0, 'traced true\ndone\n'], stderr)
  assert.match(stderr, /^autospan: internal error in what worker threads have handed over.*Cannot find module/m)
})

test('a second copy of the agent is told and ignored', async (t) => {
  const sink = await startSink(t)
  const folder = copyOf(t)
  const { stderr } = await run('boot/traced.cjs', {
    nodeFlags: ['--import', pathToFileURL(join(folder, 'register.mjs')).href],
    env: sink.env,
  })
  assert.equal((await sink.settled()).length, 2, stderr)
  assert.equal(stderr.match(/is running; the second is ignored/g)?.length, 1, stderr)
})

test('an agent that cannot be loaded is said, and the program runs', async (t) => {
  const folder = temporaryFolder(t)
  cpSync(register, join(folder, 'register.mjs'))
  const { stdout, stderr, code } = await run('boot/plain.mjs', {
    agent: false,
    nodeFlags: ['--import', pathToFileURL(join(folder, 'register.mjs')).href],
  })
  assert.deepEqual([stdout, code], ['ran true\n', 0])
  assert.match(stderr, /^autospan: could not be loaded, the program runs untraced: Cannot find module .*\n$/)
})

test('an unsupported Node.js gets one line, and the program runs untouched', () => {
  // The version is what register.mjs asks, so it is what this pretends.
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.20.8'})`
  const { stdout, stderr, status } = spawnSync(
    process.env.AUTOSPAN_TEST_NODE ?? process.execPath,
    ['--import', pretend, '--import', pathToFileURL(register).href, join(root, 'test/apps/boot/untouched.cjs')],
    { encoding: 'utf8', env: { PATH: process.env.PATH } },
  )
  assert.equal(status, 0)
  assert.match(stderr, /^autospan: Node\.js 18\.20\.8 is not supported, .*untraced\n$/)
  assert.equal(JSON.parse(stdout).patched, 0)
})

test('where ES modules cannot be required, --require says what to do, and the program runs untouched', (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/autospan'), 'junction')
  const { stdout, stderr, status } = spawnSync(
    process.env.AUTOSPAN_TEST_NODE ?? process.execPath,
    [
      '--no-experimental-require-module',
      ...['--require', 'autospan/register', join(root, 'test/apps/boot/untouched.cjs')],
    ],
    { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } },
  )
  assert.equal(status, 0)
  assert.match(stderr, /^autospan: --require loads no ES modules .* use --import autospan\/register; .*untraced\n$/)
  assert.equal(JSON.parse(stdout).patched, 0)
})

test('a failing start is said, and the program runs', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(
    join(folder, 'break.cjs'),
    `Object.defineProperty(globalThis, Symbol.for('opentelemetry.js.api.1'), { get() { throw new Error('broken') } })`,
  )
  const { stdout, stderr, code } = await run('boot/plain.mjs', { nodeFlags: ['--require', join(folder, 'break.cjs')] })
  assert.equal(stdout, 'ran true\n')
  assert.equal(code, 0)
  assert.match(stderr, /^autospan: could not start, the program runs untraced: .*broken/)
})

test("the program's own spans and baggage are part of the trace", async (t) => {
  const sink = await startSink(t)
  await run('boot/own-spans.mjs', { env: sink.env })
  assert.equal(
    await sink.traces(3),
    trace`
      checkout  INTERNAL ok
        GET     CLIENT   200
          GET   SERVER   200
    `,
  )
  const own = sink.delivered.find(({ name }) => name === 'checkout')
  assert.deepEqual(own?.scope, { name: 'shop', version: '2.0' })
  assert.deepEqual(own?.attributes, { item: 'tea' })
  assert.deepEqual(
    own?.events.map(({ name }) => name),
    ['answered'],
  )
})

/** The agent, installed once more in a folder of its own. */
function copyOf(owner: Owner): string {
  const folder = temporaryFolder(owner)
  for (const part of ['register.mjs', 'package.json', 'dist/agent.cjs', 'dist/disabled.cjs', 'dist/lazy']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}
