import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../harness/folder.js'
import { root, run, told } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

for (const version of ['1.0.4', '1.4.1', '1.9.0', '1.10.0', '1.11.0', '1.57.3']) {
  test(`a copy of the API that calls itself ${version} works with the agent's providers`, async (t) => {
    const sink = await startSink(t)
    const folder = temporaryFolder(t)
    copyApi(folder, version)
    cpSync(join(root, 'test/apps/boot/own-spans.mjs'), join(folder, 'app.mjs'))
    const { stderr, code } = await run(join(folder, 'app.mjs'), { env: sink.env })
    assert.equal(code, 0, stderr)
    assert.match(await sink.traces(3), /checkout +INTERNAL/)
    assert.equal(new Set(sink.delivered.map(({ traceId }) => traceId)).size, 1)
  })
}

/** What a program and a library of its do with their copies: a span, and something to add to the API. */
const USE = `(name, { trace, diag }) => {
  trace.getTracer(name).startActiveSpan(name, (span) => span.end())
  console.log(name, diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }))
}`

for (const [first, own, librarys] of [
  ['library', '1.10.0', '1.4.1'],
  ['library', '1.11.0', '1.9.0'],
  ['program', '1.10.0', '1.4.1'],
  ['program', '1.4.1', '1.10.0'],
] as const) {
  test(`copies of the API both work: ${own} that is imported, ${librarys} that is required, the ${first}'s first`, async (t) => {
    const folder = temporaryFolder(t)
    copyApi(folder, own)
    const library = join(folder, 'node_modules/library')
    copyApi(library, librarys)
    writeFileSync(
      join(library, 'index.js'),
      `module.exports = () => (${USE})('library', require('@opentelemetry/api'))`,
    )
    const calls = [`(${USE})('program', api)`, 'library()']
    if (first === 'library') calls.reverse()
    writeFileSync(
      join(folder, 'app.mjs'),
      `import * as api from '@opentelemetry/api'; import library from 'library'; ${calls.join('; ')}`,
    )
    const sink = await startSink(t)
    const outcome = await run(join(folder, 'app.mjs'), { env: { ...sink.env, OTEL_LOG_LEVEL: 'warn' } })
    const names = first === 'library' ? ['library', 'program'] : ['program', 'library']
    assert.deepEqual([outcome.code, outcome.stderr], [0, ''], told(outcome))
    assert.equal(outcome.stdout, names.map((name) => `${name} true\n`).join(''))
    assert.deepEqual((await sink.settled()).map(({ name }) => name).sort(), ['library', 'program'])
  })
}

for (const [way, load] of [
  ['imported', `import { trace } from '@opentelemetry/api'`],
  [
    'required',
    `const { trace } = process.getBuiltinModule('module').createRequire(import.meta.url)('@opentelemetry/api')`,
  ],
] as const) {
  test(`an SDK whose copy of the API is ${way} is said to have come second, once`, async (t) => {
    const folder = temporaryFolder(t)
    copyApi(folder, '1.10.0')
    const register = `trace.setGlobalTracerProvider({ getTracer() {} })`
    writeFileSync(join(folder, 'app.mjs'), `${load}; console.log(${register}, ${register})`)
    const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOG_LEVEL: 'warn' }
    const { stdout, stderr } = await run(join(folder, 'app.mjs'), { env })
    assert.equal(stdout, 'false false\n')
    assert.match(stderr, /^autospan: the program has registered an OpenTelemetry SDK after autospan: [^\n]+\n$/)
  })
}

/** What a program may make of the stacks by which the agent learns who adds to the API. */
const STACKS = {
  'as they are': '',
  'switched off': 'Error.stackTraceLimit = 0',
  short: 'Error.stackTraceLimit = 1',
  'no texts': 'Error.prepareStackTrace = () => null',
  frozen: 'Object.freeze(Error)',
}

for (const [what, change] of Object.entries(STACKS)) {
  for (const extension of ['cjs', 'mjs']) {
    test(`a copy of the API in a folder of any name may add to it, stacks being ${what}, ${extension}`, async (t) => {
      const folder = join(temporaryFolder(t), 'my app (x86)')
      copyApi(folder, '1.4.1')
      const lines = [
        extension === 'cjs'
          ? `const { diag, trace } = require('@opentelemetry/api')`
          : `import { diag, trace } from '@opentelemetry/api'`,
        change,
        'const stacks = () => JSON.stringify(Object.getOwnPropertyDescriptors(Error)) + Error.prepareStackTrace',
        'const before = stacks()',
        'const is = diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} })',
        'console.log(is, trace.setGlobalTracerProvider({ getTracer() {} }), stacks() === before)',
      ]
      writeFileSync(join(folder, `app.${extension}`), lines.join('\n'))
      const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOG_LEVEL: 'warn' }
      const { stdout, stderr } = await run(join(folder, `app.${extension}`), { env })
      assert.equal(stdout, 'true false true\n', stderr)
      assert.match(stderr, /^autospan: the program has registered an OpenTelemetry SDK after autospan: [^\n]+\n$/)
    })
  }
}

test('stacks that are no texts, and refuse to be, are no trouble to who adds to the API', async (t) => {
  const folder = temporaryFolder(t)
  // The agent's own version, for there is nothing to tell another by.
  copyApi(folder, '1.10.0')
  const lines = [
    `const { diag } = require('@opentelemetry/api')`,
    'Error.prepareStackTrace = () => ({ toString: () => Object.create(null) })',
    'Object.freeze(Error)',
    'console.log(diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }))',
  ]
  writeFileSync(join(folder, 'app.cjs'), lines.join('\n'))
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }
  const { stdout, code, stderr } = await run(join(folder, 'app.cjs'), { env })
  assert.deepEqual([stdout, code], ['true\n', 0], stderr)
})

function copyApi(folder: string, version: string): void {
  const api = join(folder, 'node_modules/@opentelemetry/api')
  mkdirSync(api, { recursive: true })
  // Three of four of its files are types and maps.
  const filter = (path: string): boolean => !/\.(map|d\.[cm]ts)$/.test(path)
  cpSync(join(root, 'node_modules/@opentelemetry/api'), api, { recursive: true, filter })
  rewriteVersion(api, version)
}

/** Makes a copy of the API believe that it is of another version. */
function rewriteVersion(api: string, version: string): void {
  for (const [file, pattern] of [
    ['package.json', /"version": "[^"]+"/],
    ['dist/version.mjs', /"1\.10\.0"/],
    ['dist/version.cjs', /"1\.10\.0"/],
    ['dist/internal/global-utils.mjs', /"1\.10\.0"/],
    ['dist/internal/global-utils.cjs', /"1\.10\.0"/],
  ] as const) {
    const path = join(api, file)
    const text = readFileSync(path, 'utf8')
    const replacement = file === 'package.json' ? `"version": "${version}"` : `"${version}"`
    if (!pattern.test(text) && file !== 'dist/internal/global-utils.cjs') throw new Error(`${file} has no version`)
    writeFileSync(path, text.replace(pattern, replacement))
  }
}
