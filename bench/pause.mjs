// The longest time for which the event loop stands still at a fixed rate of requests, in slices round robin. Bare
// Node.js has its pauses too, of the collector of garbage and of the machine: what counts is what an agent adds.
import { ask } from './children.mjs'
import { Program, programEnv } from './program.mjs'
import { summary } from './statistics.mjs'

const WARM_REQUESTS = 20_000

/** @returns a result for each agent, in milliseconds: of all slices the median of the longest pauses */
export async function measurePause(bench, agents, { rate, rounds, sliceMillis, connections }) {
  const runs = []
  try {
    for (const agent of agents) {
      const { port } = await bench.inlet(`pause ${agent.name}`, agent.port)
      const env = programEnv(agent.env({ endpoint: `http://127.0.0.1:${port}` }))
      runs.push({ agent, program: await Program.start(bench.node, agent, 'hello.cjs', env), longest: [] })
    }
    const load = ({ agent, program }, amount) =>
      ask(bench.load, { port: program.port, path: '/hello', headers: agent.headers, connections, ...amount }, 120_000)
    for (const run of runs) await load(run, { requests: WARM_REQUESTS })
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < runs.length; i++) {
        const run = runs[(i + round) % runs.length]
        await run.program.ask('watch')
        await load(run, { rate, isEven: true, millis: sliceMillis })
        run.longest.push((await run.program.ask('watched')).longestMillis)
      }
    }
    const bare = runs.find(({ agent }) => agent.name === 'bare')
    return runs.map(({ agent, longest }) => ({
      agent: agent.name,
      rate,
      longest: summary(longest),
      over: bare && summary(longest.map((millis, i) => millis - bare.longest[i])),
    }))
  } finally {
    await Promise.all(runs.map(({ program }) => program.stop()))
  }
}
