// npm run bench: what an agent costs, side by side with bare Node.js and with other agents. See options.mjs.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chart } from './chart.mjs'
import { ask, kill, startHelper } from './children.mjs'
import { measureCpu } from './cpu.mjs'
import { openDatabase } from './database.mjs'
import { installAgent, installLibraries } from './install.mjs'
import { measureLatency } from './latency.mjs'
import { measureLoading } from './loading.mjs'
import { measureMemory } from './memory.mjs'
import { readOptions, USAGE } from './options.mjs'
import { measurePause } from './pause.mjs'
import { HELPER_CORE, isPinned, PROGRAM_CORE, pinned } from './pin.mjs'
import { Program, programEnv } from './program.mjs'
import {
  cpuTable,
  latencyTable,
  loadingTable,
  memoryTable,
  partsTable,
  pauseTable,
  soakTable,
  startupTable,
} from './report.mjs'
import { soakMemory } from './soak-memory.mjs'
import { measureStartup } from './startup.mjs'

/** Of the last minute, before the bench begins: more means that others use the two cores. */
const BUSY_LOAD = 0.5

const options = readOptionsOrExit()
const began = performance.now()
const libraries = installLibraries()
const everyAgent = options.agentsFor()
for (const agent of [...everyAgent, ...options.apps.flatMap(({ name }) => options.agentsFor(name))]) installAgent(agent)

const report = { ...describeMachine(), options: process.argv.slice(2), libraries, cpu: [] }
console.log(`${report.date}  Node.js ${report.node}  ${report.cores} x ${report.cpu_model}  load ${report.load}`)
console.log(
  `${Object.entries(libraries)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}; ${report.pinning}\n`,
)

if (report.load > BUSY_LOAD) console.log(`BUSY: something else runs here, so the figures lie\n`)

const bench = await openBench()
try {
  if (options.only.includes('cpu')) await measureApps()
  if (options.only.includes('latency')) {
    report.latency = await measureLatency(bench, everyAgent.filter(isRecording), options.latency)
    console.log(`${latencyTable(report.latency)}\n`)
  }
  if (options.only.includes('pause')) {
    report.pause = await measurePause(bench, everyAgent.filter(isRecording), options.pause)
    console.log(`${pauseTable(report.pause)}\n`)
  }
  if (options.only.includes('startup')) {
    report.startup = await withEachNode((node) =>
      measureStartup({ ...bench, node }, everyAgent.filter(isStartedOtherwise), options.starts),
    )
    console.log(`${startupTable(report.startup)}\n`)
  }
  if (options.only.includes('loading')) {
    const agents = everyAgent.filter((agent) => isRecording(agent) && isStartedOtherwise(agent))
    report.loading = await withEachNode((node) => measureLoading({ ...bench, node }, agents, options.loads))
    console.log(`${loadingTable(report.loading)}\n`)
  }
  if (options.only.includes('memory')) {
    const agents = everyAgent.filter(options.quick ? isRecording : isStartedOtherwise)
    report.memory = await measureMemory(bench, agents, options.memory)
    console.log(`${memoryTable(report.memory, options.memory)}\n`)
  }
  if (options.soak !== undefined) {
    report.soak = await soakMemory(bench, everyAgent.filter(isRecording), options.soak, tellSoak)
    console.log(`${soakTable(report.soak, options.soak)}\n`)
  }
  if (options.only.includes('parts')) {
    report.parts = measureParts()
    console.log(`${partsTable(report.parts)}\n`)
  }
} finally {
  await bench.close()
}
console.log(`${saveReport()}, ${Math.round((performance.now() - began) / 1000)} s`)
const { cpu, latency = [], pause = [], memory = [], soak = [] } = report
if ([...cpu, ...latency, ...pause, ...memory, ...soak].some(({ problems }) => problems.length > 0)) process.exitCode = 1

async function measureApps() {
  for (const app of options.apps) {
    bench.database = app.database ? await openDatabase() : undefined
    try {
      const results = await measureCpu(bench, app, options.agentsFor(app.name), options.cpu)
      report.cpu.push(...results)
      if (bench.database !== undefined) report.database = bench.database.about
      const about = bench.database === undefined ? '' : `  ${bench.database.about}\n`
      console.log(`${cpuTable(app, results)}\n${about}`)
    } finally {
      await bench.database?.close()
    }
  }
}

/** The helpers that all measurements share. */
async function openBench() {
  const sink = startHelper('sink.mjs')
  const load = startHelper('load.mjs')
  const inlets = new Map()
  const bare = { name: 'backend', flags: () => [] }
  const backend = options.apps.some(({ backend }) => backend)
    ? await Program.start(process.execPath, bare, 'hello.cjs', programEnv(), HELPER_CORE)
    : undefined
  return {
    node: options.nodes[0],
    sink,
    load,
    backendUrl: `http://127.0.0.1:${backend?.port}`,
    /** Where an agent sends its spans; a fixed port is opened once. */
    async inlet(key, port) {
      if (port === undefined) return ask(sink, { open: key })
      const name = inlets.get(port)
      if (name === undefined) {
        inlets.set(port, key)
        return ask(sink, { open: key, port })
      }
      return ask(sink, { alias: key, of: name })
    },
    async close() {
      await Promise.all([kill(sink), kill(load), backend?.stop()])
    },
  }
}

function measureParts() {
  const script = fileURLToPath(new URL('parts.mjs', import.meta.url))
  const [file, ...args] = pinned(PROGRAM_CORE, [options.nodes[0], '--expose-gc', '--min-semi-space-size=64', script])
  const { stdout, status } = spawnSync(file, args, { timeout: 60_000, stdio: ['ignore', 'pipe', 'inherit'] })
  return status === 0 ? JSON.parse(stdout) : []
}

/** Bare Node.js, and those whose spans are delivered. */
function isRecording({ expects, name }) {
  return name === 'bare' || expects !== 'none'
}

/** Once a minute, for a run of many. */
function tellSoak(programs) {
  const texts = programs.map(([name, { minute, rss, heapUsed }]) => {
    const [resident, used] = [rss, heapUsed].map((bytes) => (bytes / 1_048_576).toFixed(1))
    return `${Math.round(minute)} min ${name} ${resident} MiB (heap in use ${used})`
  })
  console.error(texts.join('; '))
}

/** What differs by the load's headers only starts alike, and with one that is not sampled there is `always_off`. */
function isStartedOtherwise({ headers }) {
  return headers === undefined
}

/** Results of one part with each Node.js, which they name. */
async function withEachNode(measure) {
  const results = []
  for (const node of options.nodes) {
    const version = versionOf(node)
    results.push(...(await measure(node)).map((result) => ({ node: version, ...result })))
  }
  return results
}

function versionOf(node) {
  return spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim()
}

function describeMachine() {
  const [{ model }] = cpus()
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    node: options.nodes.map(versionOf).join(', '),
    cores: cpus().length,
    cpu_model: model.trim(),
    load: loadavg()[0].toFixed(2),
    pinning: isPinned
      ? 'programs on core 0; load, sink and database on core 1'
      : 'NOT PINNED: no taskset or one core, the load disturbs the programs',
  }
}

function saveReport() {
  const name = report.date.replace(/[-:]/g, '').replace(' ', '-')
  const path = options.json ?? fileURLToPath(new URL(`results/${name}.json`, import.meta.url))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
  if (report.cpu.length > 0) writeFileSync(path.replace(/(\.json)?$/, '.svg'), chart(report))
  return path
}

function readOptionsOrExit() {
  try {
    const options = readOptions(process.argv.slice(2))
    if (!options.help) return options
    console.log(USAGE)
    process.exit(0)
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`)
    process.exit(2)
  }
}
