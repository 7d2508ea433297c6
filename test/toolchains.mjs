// node test/toolchains.mjs [major or binary of Node.js ...] [part of a name ...]: runs a shop in TypeScript by each loader,
// and tests by each runner, with and without the agent, and compares: what is printed, the exit code, and the trace. The
// packages of test/toolchains/package.json come from npm and stay in .toolchains. Needs the compiled tests.
import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { drawTraces } from '../dist/test/harness/draw.js'
import { owning } from '../dist/test/harness/owner.js'
import { startWire } from '../dist/test/harness/postgres-wire.js'
import { startSink } from '../dist/test/harness/sink.js'
import { inTurn } from './in-turn.mjs'
import { binaries } from './node-lines.mjs'
import { installPackages } from './packages.mjs'
import { SHOP } from './shop.mjs'
import { HEADS, IMPORTS, LOADERS, REQUIRES, RUNNERS, STARTERS } from './toolchains/cases.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, '.toolchains')
const list = join(root, 'test/toolchains/package.json')

const AGENT = 'autospan/register'
/** In the agent's place, for a flag alone makes Node.js load programs in another way. */
const NOTHING = 'nothing/register.mjs'
const TIMEOUT_MILLIS = 60_000
/** Of programs without the agent, by the line of Node.js and their names. */
const bareOutcomes = new Map()

await installPackages(list, folder)
installAgent()
writePrograms()
const given = process.argv.slice(2)
const nodes = given.filter((argument) => /^\d+$|^[./]/.test(argument))
const parts = given.filter((argument) => !nodes.includes(argument))
const cases = [...LOADERS.flatMap(loaded), ...STARTERS.map(started), ...RUNNERS.map(tested)].filter(
  ({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)),
)
let failed = 0
await owning(async (owner) => {
  const database = await startWire(owner)
  const runs = (nodes.length > 0 ? nodes : [process.execPath]).flatMap(binaries).flatMap((node) => {
    const line = Number(node.version.slice(1).split('.')[0])
    return cases.filter(({ lines }) => lines === undefined || lines.includes(line)).map((run) => ({ ...run, ...node }))
  })
  await inTurn(runs, async (run) => {
    const found = await compared({ ...run, env: { DATABASE_URL: database, ...run.env } })
    const end = found.length === 0 ? 'as it should be' : 'NOT AS IT SHOULD BE'
    console.log([`Node.js ${run.version}, ${run.name}: ${end}`, ...found].join('\n  '))
    if (found.length > 0) failed++
  })
  console.log(`${runs.length - failed} of ${runs.length} as they should be`)
})
if (failed > 0) process.exitCode = 1

/** The agent before the loader and behind it. */
function loaded({ name, file, lines, flags = [], bin, agent = '--import' }) {
  // However busy the machine is, all is delivered at the end.
  const env = { AUTOSPAN_EXIT_TIMEOUT: '20000' }
  const program = { lines, cwd: dirname(file), env, code: 1, printed: /200 \{ item: 'tea' \}/, trace: SHOP }
  const script = file.slice(dirname(file).length + 1)
  const first = {
    ...program,
    name: `${agent} ${AGENT} and ${name}`,
    options: `${agent} <agent>`,
    args: [...flags, ...binary(bin), script],
  }
  if (flags.length === 0) return [first]
  const second = { ...program, name: `${name} and ${agent} ${AGENT}`, args: [...flags, agent, '<agent>', script] }
  return [first, { ...second, bare: first }]
}

function started({ args, ...starter }) {
  const [run] = loaded(starter)
  const script = run.args.pop()
  return { ...run, args: [...run.args, ...args, script] }
}

function tested({ name, lines, folder: cwd, bin, args, code, trace, options = '', isSilent, env }) {
  return {
    name,
    lines,
    cwd,
    args: [...binary(bin), ...args],
    options: `${options} --import <agent>`,
    code,
    printed: /sold.*coffee|coffee.*sold/s,
    trace: trace + trace,
    isSilent,
    env,
  }
}

function binary(bin) {
  return bin === undefined ? [] : [join(folder, 'node_modules', bin)]
}

/** With nothing in the agent's place it does not matter where that stands: one run is for both orders. */
function bareOutcome(run) {
  const { name, options, args } = run.bare ?? run
  const key = `${run.version} ${name}`
  const known = bareOutcomes.get(key) ?? outcome({ ...run, options, args }, NOTHING)
  bareOutcomes.set(key, known)
  return known
}

/** What is not as it should be: lines to be said. */
async function compared(run) {
  const bare = await bareOutcome(run)
  return owning(async (owner) => {
    const sink = await startSink(owner)
    const traced = await outcome(run, AGENT, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
    const drawn = drawTraces(await sink.settled())
    const found = []
    if (!run.printed.test(bare.text) || bare.code !== run.code)
      found.push(`without the agent it ended with ${bare.code}: ${bare.text}`)
    if (bare.code !== traced.code) found.push(`code ${bare.code} became ${traced.code}`)
    found.push(...changed(bare.stdout, traced.stdout), ...changed(bare.stderr, traced.stderr))
    if (drawn !== run.trace) found.push(`traced was${drawn}`)
    const starts = traced.said.filter((line) => / traces /.test(line))
    if (traced.said.length !== starts.length || starts.length !== (run.isSilent ? 0 : 1))
      found.push(...traced.said, 'were said')
    return found
  })
}

/** Lines that are not on both sides. Workers finish in any order. */
function changed(before, after) {
  const [old, young] = [before.split('\n').sort(), after.split('\n').sort()]
  const without = (lines, others) => {
    const left = [...others]
    return lines.filter((line) => {
      const at = left.indexOf(line)
      if (at !== -1) left.splice(at, 1)
      return at === -1
    })
  }
  return [...without(old, young).map((line) => `- ${line}`), ...without(young, old).map((line) => `+ ${line}`)]
}

/** How it ends, and what it says with and without the agent. */
function outcome({ node, cwd, args, options, env }, agent, more) {
  const fresh = mkdtempSync(join(folder, 'fresh-'))
  const given = (text) => text.replace('<agent>', agent).replace('<fresh>', fresh)
  const path = [dirname(node), join(folder, 'node_modules/.bin'), process.env.PATH].join(':')
  const environment = { PATH: path, HOME: process.env.HOME, ...env, ...more, NODE_OPTIONS: given(options ?? '') }
  return new Promise((resolve) => {
    const settings = { cwd: join(folder, cwd), env: environment, timeout: TIMEOUT_MILLIS, maxBuffer: 2 ** 24 }
    execFile(node, args.map(given), settings, (error, stdout, stderr) => {
      rmSync(fresh, { recursive: true, force: true })
      const lines = stderr.split('\n')
      resolve({
        code: error === null ? 0 : (error.signal ?? error.code),
        stdout: steady(stdout),
        stderr: steady(lines.filter((line) => !line.startsWith('autospan: ')).join('\n')),
        said: lines.filter((line) => line.startsWith('autospan: ')),
        text: stdout + stderr,
      })
    })
  })
}

/**
 * Without what is different each time: times, what jest says where the end of a worker takes half a second, and a frame of
 * Node.js that it puts below others where contexts are used.
 */
function steady(text) {
  return stripVTControlCharacters(text)
    .replaceAll(/^A worker process has failed to exit gracefully.*\n/gm, '')
    .replaceAll(/^ *(Time: |Start at |Duration ).*\n/gm, '')
    .replaceAll(/ *\((\d+(\.\d+)?) ?m?s\)/g, '')
    .replaceAll(/ *\d+(\.\d+)? ?m?s\b/g, ' <time>')
    .replaceAll(/duration_ms:? [\d.]+/g, '<time>')
    .replaceAll(/^ +at process\.(topLevelDomainCallback|callbackTrampoline) .*\n/gm, '')
    .replaceAll(/\(node:\d+\)/g, '(node)')
}

/** As users have it: coverage reports leave node_modules out, and follow links. */
function installAgent() {
  const agent = join(folder, 'node_modules/autospan')
  rmSync(agent, { recursive: true, force: true })
  for (const part of [
    'package.json',
    'register.mjs',
    'unsupported.cjs',
    'dist/agent.cjs',
    'dist/disabled.cjs',
    'dist/tools.cjs',
    'dist/lazy',
  ]) {
    cpSync(join(root, part), join(agent, part), { recursive: true })
  }
  write('node_modules/nothing/register.mjs', 'export {}\n')
}

function writePrograms() {
  const apps = join(root, 'test/apps/toolchains')
  const settings = { target: 'es2022', esModuleInterop: true, sourceMap: true }
  const node = { transpileOnly: true }
  for (const [name, type, options] of [
    ['esm', 'module', { module: 'esnext', moduleResolution: 'bundler' }],
    ['cjs', undefined, { module: 'commonjs', moduleResolution: 'node' }],
  ]) {
    write(`${name}/package.json`, JSON.stringify({ name: 'shop', type }))
    write(`${name}/tsconfig.json`, JSON.stringify({ compilerOptions: { ...settings, ...options }, 'ts-node': node }))
    for (const file of ['shop.ts', 'shop.mts']) write(`${name}/${file}`, readFileSync(join(apps, 'shop.ts'), 'utf8'))
    for (const file of ['shop.cts', 'babel.cjs', 'ts-node.mjs'])
      copyFileSync(join(apps, file), join(folder, name, file))
  }
  const body = readFileSync(join(apps, 'selling.js'), 'utf8')
  for (const [name, head] of Object.entries(HEADS)) {
    write(`${name}/package.json`, JSON.stringify({ name: 'shop' }))
    for (const file of ['a', 'b']) {
      write(`${name}/${file}.test.mjs`, IMPORTS + head + body)
      if (name === 'jest' || name === 'mocha') write(`${name}/${file}.test.cjs`, REQUIRES + head + body)
    }
  }
}

function write(path, text) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
