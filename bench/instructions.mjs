// Instructions of the program for each request, which a busy machine does not change: node bench/instructions.mjs
// [--app hello] [--agents bare,autospan] [--floor minimum.cjs] [--node binary] [--rounds 7]. Needs valgrind.
// The program takes some thirty times as long, so that what happens once a second or a minute counts for more than it
// does in life, and so do collections and compilations, which are done in one thread here: the median is of rounds.
// With pg and the agent a round has full collections, which a program at its own speed has every 100,000 requests: look at
// the functions there (callgrind_annotate), not at the sum.
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { AGENTS, floorAgent } from './agents.mjs'
import { APPS } from './apps.mjs'
import { ask, kill, startHelper } from './children.mjs'
import { openDatabase } from './database.mjs'
import { installAgent, installLibraries } from './install.mjs'
import { Program, programEnv } from './program.mjs'
import { median, summary } from './statistics.mjs'

/** Several short rows of requests, each over new connections: what these change in the code is over by then. */
const WARM_ROWS = 15
const WARM_REQUESTS = 2000
const ROUND_REQUESTS = 2000
const MAX_MILLIS = 600_000

const { values: options } = parseArgs({
  options: {
    app: { type: 'string', default: 'hello' },
    agents: { type: 'string', default: 'bare,autospan' },
    floor: { type: 'string' },
    node: { type: 'string', default: process.execPath },
    rounds: { type: 'string', default: '7' },
  },
})

installLibraries()
const app = APPS[options.app]
const agents = options.agents.split(',').map((name) => ({ name, ...AGENTS[name] }))
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
    const ratio = bare === undefined ? '' : `  ${(middle / bare).toFixed(3)} of bare`
    console.log(`${agent.name.padEnd(16)} ${thousands(middle)} (${thousands(q1)}-${thousands(q3)}) a request${ratio}`)
  }
} finally {
  await Promise.all([kill(sink), kill(load), database?.close()])
  rmSync(folder, { recursive: true })
}

async function count(agent) {
  const { port } = await ask(sink, { open: agent.name, port: agent.port ?? 0 })
  const env = programEnv(await database?.env(), agent.env({ endpoint: `http://127.0.0.1:${port}` }))
  const valgrind = ['valgrind', '-q', '--tool=callgrind', '--instr-atstart=no', `--callgrind-out-file=${folder}/%p`]
  const command = [...valgrind, options.node, '--single-threaded']
  const program = await Program.start(command, agent, app.services.at(-1), env)
  const send = (requests) =>
    ask(load, { port: program.port, path: app.path, headers: agent.headers, requests }, MAX_MILLIS)
  try {
    for (let row = 0; row < WARM_ROWS; row++) await send(WARM_REQUESTS)
    const counts = []
    for (let round = 0; round < Number(options.rounds); round++) {
      await control('--instr=on', program)
      // The first ones are translated.
      await send(ROUND_REQUESTS / 10)
      await control('--zero', program)
      await send(ROUND_REQUESTS)
      await control('--dump', program)
      await control('--instr=off', program)
      counts.push(takeDump() / ROUND_REQUESTS)
    }
    return counts
  } finally {
    await program.stop()
  }
}

function control(what, { pid }) {
  return promisify(execFile)('callgrind_control', [what, String(pid)])
}

/** All that was counted since the last one. */
function takeDump() {
  let sum = 0
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    sum += Number(/^totals: (\d+)$/m.exec(readFileSync(path, 'latin1'))?.[1] ?? 0)
    rmSync(path)
  }
  if (sum === 0) throw new Error('callgrind has counted nothing')
  return sum
}

function thousands(count) {
  return `${(count / 1000).toFixed(1)}k`
}
