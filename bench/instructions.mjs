// What the program does for each request, counted by valgrind, which a busy machine does not change:
// node bench/instructions.mjs [--app hello] [--agents bare,autospan] [--floor minimum.cjs] [--node binary] [--rounds 7]
// counts instructions; of an app with several services those of the last one, while the others run bare.
// With --cold the lines of 64 bytes, code and data, that a request has to fetch where another program had the processor
// and its cache of 1 MiB in between, as in a chain of services: nothing of that is in its instructions.
// The program takes some thirty times as long, so that what happens once a second or a minute counts for more than it
// does in life, and so do collections and compilations, which are done in one thread here: the median is of rounds. Node's
// own metrics, by samples of the event loop twenty times a second, are left out.
// With pg and the agent a round has full collections, which a program at its own speed has every 100,000 requests: look at
// the functions there (callgrind_annotate), not at the sum.
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { AGENTS, floorAgent } from './agents.mjs'
import { APPS } from './apps.mjs'
import { ask, kill, startHelper } from './children.mjs'
import { openDatabase } from './database.mjs'
import { installAgent, installLibraries } from './install.mjs'
import { countOf, listOf } from './options.mjs'
import { HELPER_CORE } from './pin.mjs'
import { Program, programEnv } from './program.mjs'
import { median, summary } from './statistics.mjs'

/** Several short rows of requests, each over new connections: what these change in the code is over by then. */
const WARM_ROWS = 15
const WARM_REQUESTS = 2000
const MAX_MILLIS = 600_000
/** 32 KiB for code, 48 for data, and 1 MiB for both. */
const CACHES = ['--cache-sim=yes', '--I1=32768,8,64', '--D1=49152,12,64', '--LL=1048576,16,64']
/** Lines that cold.cjs reads for each request: three times those that the largest cache has. */
const EVICTING_LINES = 3 << 14
const COLD = fileURLToPath(new URL('cold.cjs', import.meta.url))
const BARE = { name: 'bare', ...AGENTS.bare }

const options = readOptionsOrExit()
const { cold: isCold } = options
/** Of a cold round one after the other, so that the cache is another's before each. */
const round = isCold ? { requests: 200, connections: 1 } : { requests: 2000 }

installLibraries()
const app = APPS[options.app]
const backendFiles = [...(app.backend ? ['hello.cjs'] : []), ...app.services.slice(0, -1)]
const agents = options.agents.map((name) => ({ name, ...AGENTS[name] }))
if (options.floor) agents.push({ name: 'floor', ...floorAgent(resolve(options.floor)) })
for (const agent of agents) installAgent(agent)
const folder = mkdtempSync(join(tmpdir(), 'autospan-bench-'))
const sink = startHelper('sink.mjs')
const load = startHelper('load.mjs')
const database = app.database ? await openDatabase() : undefined
try {
  let bare
  for (const agent of agents) {
    const counts = await count(agent)
    if (agent.name === 'bare') bare = median(counts)
    const { median: middle, q1, q3 } = summary(counts)
    const ratio = bare === undefined ? '' : `  ${(middle / bare).toFixed(3)} of bare, +${shown(middle - bare)}`
    const what = isCold ? 'lines' : 'instructions'
    console.log(`${agent.name.padEnd(16)} ${shown(middle)} (${shown(q1)}-${shown(q3)}) ${what} a request${ratio}`)
  }
} finally {
  await Promise.all([kill(sink), kill(load), database?.close()])
  rmSync(folder, { recursive: true })
}

async function count(agent) {
  const { port } = await ask(sink, { open: agent.name, port: agent.port ?? 0 })
  const { program, backends } = await startAll(agent, port)
  const send = (amount) =>
    ask(load, { port: program.port, path: app.path, headers: agent.headers, ...amount }, MAX_MILLIS)
  try {
    for (let row = 0; row < WARM_ROWS; row++) await send({ requests: WARM_REQUESTS })
    const counts = []
    for (let i = 0; i < options.rounds; i++) {
      await control('--instr=on', program)
      // The first ones are translated.
      await send({ ...round, requests: round.requests / 10 })
      await control('--zero', program)
      await send(round)
      await control('--dump', program)
      await control('--instr=off', program)
      counts.push(takeDump() / round.requests - (isCold ? EVICTING_LINES : 0))
    }
    return counts
  } finally {
    await Promise.all([program, ...backends].map((each) => each.stop()))
  }
}

/** The last service, which is counted, is `program`; those that it asks run bare, as `backends`. */
async function startAll(agent, port) {
  const databaseEnv = await database?.env()
  const env = {
    BENCH_UPSTREAM: '',
    BENCH_EVICTING_LINES: String(EVICTING_LINES),
    OTEL_INSTRUMENTATION_RUNTIME_NODE_ENABLED: 'false',
  }
  const backends = []
  for (const file of backendFiles) {
    const backend = await Program.start(options.node, BARE, file, programEnv(databaseEnv, env), HELPER_CORE)
    backends.push(backend)
    env.BENCH_UPSTREAM = `http://127.0.0.1:${backend.port}`
  }
  const valgrind = ['valgrind', '-q', '--tool=callgrind', '--instr-atstart=no', `--callgrind-out-file=${folder}/%p`]
  const node = [options.node, '--single-threaded']
  const command = isCold ? [...valgrind, ...CACHES, ...node, '--require', COLD] : [...valgrind, ...node]
  const agentEnv = agent.env({ endpoint: `http://127.0.0.1:${port}` })
  const file = app.services.at(-1)
  return { program: await Program.start(command, agent, file, programEnv(databaseEnv, env, agentEnv)), backends }
}

function control(what, { pid }) {
  return promisify(execFile)('callgrind_control', [what, String(pid)])
}

/** All that was counted since the last one. */
function takeDump() {
  let sum = 0
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    // callgrind leaves an empty one beside its first dump.
    const totals = /^totals: ([\d ]+)$/m.exec(readFileSync(path, 'latin1'))?.[1].split(' ').map(Number) ?? []
    // Ir Dr Dw, what misses the first caches, and what the last: ILmr DLmr DLmw.
    for (const total of isCold ? totals.slice(6, 9) : totals.slice(0, 1)) sum += total
    rmSync(path)
  }
  if (sum === 0) throw new Error('callgrind has counted nothing')
  return sum
}

function shown(count) {
  return isCold ? count.toFixed(0) : `${(count / 1000).toFixed(1)}k`
}

function readOptionsOrExit() {
  try {
    const { values } = parseArgs({
      options: {
        app: { type: 'string', default: 'hello' },
        agents: { type: 'string', default: 'bare,autospan' },
        floor: { type: 'string' },
        node: { type: 'string', default: process.execPath },
        rounds: { type: 'string', default: '7' },
        cold: { type: 'boolean', default: false },
      },
    })
    return {
      ...values,
      app: listOf('--app', values.app, Object.keys(APPS))[0],
      agents: listOf('--agents', values.agents, Object.keys(AGENTS)),
      rounds: countOf('--rounds', values.rounds),
    }
  } catch (error) {
    console.error(error.message)
    process.exit(2)
  }
}
