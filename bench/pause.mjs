// The longest time for which the event loop stands still at a fixed rate of requests, in slices round robin. Bare
// Node.js has its pauses too, of the collector of garbage and of the machine: what counts is what an agent adds.
import { ask } from './children.mjs'
import { Delivery } from './delivery.mjs'
import { Program, programEnv } from './program.mjs'
import { summary } from './statistics.mjs'

const WARM_REQUESTS = 20_000

/** @returns a result for each agent, in milliseconds: of all slices the median of the longest pauses */
export async function measurePause(bench, agents, { rate, rounds, sliceMillis, connections }) {
  const runs = []
  try {
    for (const agent of agents) {
      const delivery = await Delivery.begin(bench, `pause ${agent.name}`, agent, 1)
      const env = programEnv(agent.env(delivery))
      runs.push({ agent, delivery, program: await Program.start(bench.node, agent, 'hello.cjs', env), longest: [] })
    }
    const load = async ({ agent, program, delivery }, amount) => {
      const question = { port: program.port, path: '/hello', headers: agent.headers, connections, ...amount }
      const { requests } = await ask(bench.load, question, 120_000)
      delivery.requests += requests
    }
    for (const run of runs) await load(run, { requests: WARM_REQUESTS })
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < runs.length; i++) {
        const run = runs[(i + round) % runs.length]
        await run.program.ask('watch')
        await load(run, { rate, isEven: true, millis: sliceMillis })
        run.longest.push((await run.program.ask('watched')).longestMillis)
      }
    }
    for (const { delivery } of runs) await delivery.settled()
    const bare = runs.find(({ agent }) => agent.name === 'bare')
    return runs.map(({ agent, longest, delivery, program }) => ({
      agent: agent.name,
      rate,
      problems: delivery.problems(program.said),
      longest: summary(longest),
      over: bare && summary(longest.map((millis, i) => millis - bare.longest[i])),
    }))
  } finally {
    await Promise.all(runs.map(({ program }) => program.stop()))
  }
}
