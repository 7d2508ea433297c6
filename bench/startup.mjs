// Start-up: from spawn to the first line of a program that listens, and the CPU used until then. Nothing else runs beside
// it, and it is not kept on one core: there V8's collector waits for threads of its own, which it has beside it elsewhere.
import { readdirSync, readFileSync } from 'node:fs'
import { kill, start, within } from './children.mjs'
import { ANY_CORE } from './pin.mjs'
import { appPath, firstLine, kindOf, programEnv } from './program.mjs'
import { summary } from './statistics.mjs'

const PROGRAMS = ['hello.cjs', 'hello.mjs']

/** @returns a result for each agent and kind of module; agents take turns, and differ from bare in the same turn */
export async function measureStartup(bench, agents, turns) {
  const results = []
  for (const file of PROGRAMS) {
    const runs = []
    for (const agent of agents) {
      const { port } = await bench.inlet(`start ${file} ${agent.name}`, agent.port)
      runs.push({ agent, env: programEnv(agent.env({ endpoint: `http://127.0.0.1:${port}` })), starts: [] })
    }
    // The first turn reads files that later ones find in memory.
    for (let turn = -1; turn < turns; turn++) {
      for (const run of runs) {
        const measured = await startOnce(bench.node, run, file)
        if (turn >= 0) run.starts.push(measured)
      }
    }
    const bare = runs.find(({ agent }) => agent.name === 'bare')
    for (const { agent, starts } of runs) {
      const over = (what) => bare && summary(starts.map((one, i) => one[what] - bare.starts[i][what]))
      results.push({
        agent: agent.name,
        kind: kindOf(file),
        wall: summary(starts.map(({ wall }) => wall)),
        wallOver: over('wall'),
        cpu: summary(starts.map(({ cpu }) => cpu)),
        cpuOver: over('cpu'),
      })
    }
  }
  return results
}

async function startOnce(node, { agent, env }, file) {
  const began = performance.now()
  const command = [node, ...agent.flags(kindOf(file)), appPath(file)]
  const child = start(ANY_CORE, command, { env, stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    await within(30_000, `the start of ${file} with ${agent.name}`, firstLine(child))
    return { wall: performance.now() - began, cpu: cpuMillisOf(child.pid) }
  } finally {
    await kill(child)
  }
}

/** CPU time of all threads by the scheduler's own account; NaN where there is no /proc. */
function cpuMillisOf(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return (
      threads.reduce((sum, id) => sum + Number(/^\d+/.exec(readFileSync(`/proc/${pid}/task/${id}/schedstat`))), 0) / 1e6
    )
  } catch {
    return Number.NaN
  }
}
