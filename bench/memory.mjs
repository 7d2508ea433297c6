// Resident memory of http hello: after the start, and under a load of a fixed rate. One program at a time.
import { ask } from './children.mjs'
import { Program, programEnv } from './program.mjs'
import { median } from './statistics.mjs'

const SETTLE_MILLIS = 1000
const SAMPLE_MILLIS = 250
const MIB = 1_048_576

/** @returns a result for each agent, in MiB; `loaded` is the median of the second half, and so is free of the start */
export async function measureMemory(bench, agents, { rate, millis, connections }) {
  const results = []
  for (const agent of agents) {
    const key = `memory ${agent.name}`
    const { port } = await bench.inlet(key, agent.port)
    const env = programEnv(agent.env({ endpoint: `http://127.0.0.1:${port}` }))
    const program = await Program.start(bench.node, agent, 'hello.cjs', env)
    try {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLIS))
      const atStart = (await program.rss()) / MIB
      const question = { port: program.port, path: '/hello', headers: agent.headers, connections, rate, millis }
      const load = ask(bench.load, question, millis + 60_000)
      const samples = []
      let over = false
      const ended = load.finally(() => {
        over = true
      })
      ended.catch(() => {})
      while (!over) {
        await new Promise((resolve) => setTimeout(resolve, SAMPLE_MILLIS))
        samples.push((await program.rss()) / MIB)
      }
      const { requests, p50, p99, ...took } = await load
      results.push({
        agent: agent.name,
        atStart,
        loaded: median(samples.slice(samples.length >> 1)),
        peak: Math.max(...samples),
        rate: (requests * 1000) / took.millis,
        p50,
        p99,
      })
    } finally {
      await program.stop()
    }
  }
  const bare = results.find(({ agent }) => agent === 'bare')
  if (bare === undefined) return results
  return results.map((result) => ({
    ...result,
    atStartOver: result.atStart - bare.atStart,
    loadedOver: result.loaded - bare.loaded,
    peakOver: result.peak - bare.peak,
  }))
}
