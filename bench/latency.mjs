// Latency at half the rate that saturates the slowest of the agents: the same rate for all, in slices round robin.
import { ask } from './children.mjs'
import { Delivery } from './delivery.mjs'
import { Program, programEnv } from './program.mjs'
import { summary } from './statistics.mjs'

const APP = { file: 'express.cjs', path: '/users/42' }

/** @returns a result for each agent: milliseconds, and the ratios to bare Node.js of the same round */
export async function measureLatency(bench, agents, { rounds, sliceMillis, warmRequests, connections }) {
  const runs = []
  const load = async ({ program, agent, delivery }, amount) => {
    const question = { port: program.port, path: APP.path, headers: agent.headers, connections, ...amount }
    const slice = await ask(bench.load, question, 120_000)
    delivery.requests += slice.requests
    return slice
  }
  try {
    for (const agent of agents) {
      const delivery = await Delivery.begin(bench, `latency ${agent.name}`, agent, 1)
      const env = programEnv(agent.env(delivery))
      runs.push({ agent, delivery, program: await Program.start(bench.node, agent, APP.file, env), slices: [] })
    }
    const saturating = []
    for (const run of runs) {
      await load(run, { requests: warmRequests })
      const { requests, millis } = await load(run, { millis: 1000 })
      saturating.push((requests * 1000) / millis)
    }
    const rate = Math.round(Math.min(...saturating) / 2)
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < runs.length; i++) {
        const run = runs[(i + round) % runs.length]
        run.slices.push(await load(run, { rate, isEven: true, millis: sliceMillis }))
      }
    }
    for (const { delivery } of runs) await delivery.settled()
    const bare = runs.find(({ agent }) => agent.name === 'bare')
    return runs.map((run) => resultOf(run, bare, rate))
  } finally {
    await Promise.all(runs.map(({ program }) => program.stop()))
  }
}

function resultOf({ agent, slices, delivery, program }, bare, rate) {
  const result = { agent: agent.name, rate, problems: delivery.problems(program.said) }
  for (const share of ['p50', 'p99']) {
    result[share] = summary(slices.map((slice) => slice[share]))
    result[`${share}Ratio`] = bare && summary(slices.map((slice, i) => slice[share] / bare.slices[i][share]))
  }
  return result
}
