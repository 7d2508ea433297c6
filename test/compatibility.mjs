// node test/compatibility.mjs [major or binary of Node.js ...]: loads the packages of test/compatibility/package.json
// with and without the agent, by import and by require, and compares: exports, errors, what is printed. The packages
// come from npm and stay in .compatibility.
import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inTurn } from './in-turn.mjs'
import { binaries } from './node-lines.mjs'
import { installPackages } from './packages.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, '.compatibility')
const list = join(root, 'test/compatibility/package.json')
// The first ES module that is hooked has the agent see the sources of all that come after it; so that is most of them.
const FIRST = 'pg'
const names = Object.keys(JSON.parse(readFileSync(list, 'utf8')).dependencies)
names.sort((a, b) => Number(b === FIRST) - Number(a === FIRST))

/** No program loads so long: one that does hangs. */
const TIMEOUT_MILLIS = 120_000
/** Differences said of a package. */
const SAID = 12
/** Characters of a difference; of longer ones only the words are said that are not on both sides. */
const LONG = 240
/** Where a difference is that no package can be named for at first. */
const PROCESS = 'the process'
/** Deprecations of express and others are told with the time. */
const DATE = /\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT /g
const VERSION = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version

await installPackages(list, folder, ['--omit=optional'])
copyFileSync(join(root, 'test/compatibility/probe.mjs'), join(folder, 'probe.mjs'))
let processes = 0
let isDifferent = false
const wanted = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath]
const runs = wanted.flatMap(binaries).flatMap((node) => ['import', 'require'].map((how) => ({ ...node, how })))
await inTurn(runs, async ({ node, version, how }) => {
  const { found, loaded } = await compared(node, how, names)
  const lines = found.length === 0 ? [] : await alone(node, how, found)
  const outcome = lines.length === 0 ? 'as without the agent' : 'NOT AS WITHOUT THE AGENT'
  console.log([`Node.js ${version}, ${how}: ${loaded} of ${names.length} load, ${outcome}`, ...lines].join('\n  '))
  isDifferent ||= lines.length > 0
})
if (isDifferent) process.exitCode = 1

/** Which package it is: those that differ are loaded each by itself, and all of them where it is the process. */
async function alone(node, how, together) {
  const differs = (name) => together.some(({ where }) => where === name)
  const suspects = differs(PROCESS) ? names : names.filter(differs)
  const lines = []
  let isExplained = !differs(PROCESS)
  await inTurn(suspects, async (name) => {
    const { found } = await compared(node, how, [name])
    isExplained ||= found.some(({ where }) => where === PROCESS)
    lines.push(...found.slice(0, SAID).map(({ line }) => `${name}: ${line}`))
    if (found.length === 0) lines.push(...inCompany(together, name))
  })
  return isExplained ? lines : [...inCompany(together, PROCESS), ...lines]
}

/** Differences that a package alone does not have. */
function inCompany(together, name) {
  const found = together.filter(({ where }) => where === name)
  return found.slice(0, SAID).map(({ line }) => `${name}, after others: ${line}`)
}

async function compared(node, how, packages) {
  const [bare, traced] = [await load(node, how, packages, false), await load(node, how, packages, true)]
  const found = []
  const compare = (where, what, before, after) => {
    if (before !== after) found.push({ where, line: `${what}: ${changed(before ?? 'nothing', after ?? 'nothing')}` })
  }
  for (const what of ['end', 'stdout', 'stderr', 'globals']) compare(PROCESS, what, bare[what], traced[what])
  compare(PROCESS, 'agent', undefined, bare.agent)
  compare(PROCESS, 'agent', VERSION, traced.agent)
  for (const name of packages) {
    const [before, after] = [bare.packages[name] ?? {}, traced.packages[name] ?? {}]
    for (const path of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(name, path, before[path], after[path])
    }
  }
  const loaded = packages.filter((name) => bare.packages[name]?.exports !== undefined).length
  return { found, loaded }
}

function changed(before, after) {
  if (before.length + after.length <= LONG) return `${before} became ${after}`
  const [old, young] = [before.split(/\s+/), after.split(/\s+/)]
  const [lost, added] = [old.filter((word) => !young.includes(word)), young.filter((word) => !old.includes(word))]
  return `lost ${lost.join(' ').slice(0, LONG) || 'nothing'}, got ${added.join(' ').slice(0, LONG) || 'nothing'}`
}

/** What the probe writes down, what it prints and how it ends. */
function load(node, how, packages, isTraced) {
  const file = join(folder, `result-${process.pid}-${processes++}.json`)
  const flags = isTraced ? ['--import', join(root, 'register.mjs')] : []
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_LOG_LEVEL: 'warn',
  }
  return new Promise((resolve) => {
    const args = [...flags, join(folder, 'probe.mjs'), how, file, ...packages]
    const options = { cwd: folder, env, timeout: TIMEOUT_MILLIS, maxBuffer: 2 ** 26 }
    const { pid } = execFile(node, args, options, (error, stdout, stderr) => {
      const written = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { packages: {} }
      rmSync(file, { force: true })
      const end = error === null ? 'of itself' : `${error.signal ?? error.code}`
      resolve({ ...written, end, stdout, stderr: stderr.replaceAll(`(node:${pid})`, '(node)').replaceAll(DATE, '') })
    })
  })
}
