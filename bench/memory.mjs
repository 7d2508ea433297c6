// Resident memory of http hello: after the start, and under a load of a fixed rate. One program at a time, agents in
// turns, for the compiler's threads leave behind some MiB more or less with each start.
import { ask } from './children.mjs'
import { Delivery } from './delivery.mjs'
import { Program, programEnv } from './program.mjs'
import { median, summary } from './statistics.mjs'

const SETTLE_MILLIS = 1000
const SAMPLE_MILLIS = 250
export const MIB = 1_048_576

/** MiB of a process by what it is for; `buffers` are outside the heap, `rest` is code, stacks and what malloc keeps. */
const PARTS = ['atStart', 'loaded', 'peak', 'heap', 'buffers', 'rest']

/** @returns a result for each agent; loaded is the median of a round's second half, and so is free of the start */
export async function measureMemory(bench, agents, { rate, rounds, ...load }) {
  const runs = agents.map((agent) => ({ agent, rounds: [], problems: [] }))
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) {
      const { problems, ...figures } = await measureOnce(bench, run.agent, `${run.agent.name} ${round}`, rate, load)
      run.rounds.push(figures)
      run.problems.push(...problems)
    }
  }
  const bare = runs.find(({ agent }) => agent.name === 'bare')
  return runs.map(({ agent, rounds, problems }) => {
    const of = (part) => summary(rounds.map((figures) => figures[part]))
    const over = (part) => bare && summary(rounds.map((figures, i) => figures[part] - bare.rounds[i][part]))
    const each = (figures) => Object.fromEntries(PARTS.map((part) => [part, figures(part)]))
    return {
      agent: agent.name,
      ...each(of),
      over: bare && each(over),
      rate: of('rate').median,
      p50: of('p50').median,
      p99: of('p99').median,
      problems,
    }
  })
}

async function measureOnce(bench, agent, name, rate, { millis, connections }) {
  const delivery = await Delivery.begin(bench, `memory ${name}`, agent, 1)
  const program = await Program.start(bench.node, agent, 'hello.cjs', programEnv(agent.env(delivery)))
  try {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLIS))
    const { rss: atStart } = await program.memory()
    const question = { port: program.port, path: '/hello', headers: agent.headers, connections, rate, millis }
    const {
      requests,
      millis: took,
      p50,
      p99,
      samples,
    } = await sampled(program, ask(bench.load, question, millis + 60_000))
    delivery.requests += requests
    await delivery.settled()
    const half = samples.slice(samples.length >> 1)
    const middle = (figure) => median(half.map(figure)) / MIB
    return {
      atStart: atStart / MIB,
      loaded: middle(({ rss }) => rss),
      peak: Math.max(...samples.map(({ rss }) => rss)) / MIB,
      heap: middle(({ heapTotal }) => heapTotal),
      buffers: middle(({ external }) => external),
      rest: middle(({ rss, heapTotal, external }) => rss - heapTotal - external),
      rate: (requests * 1000) / took,
      p50,
      p99,
      problems: delivery.problems(program.said),
    }
  } finally {
    await program.stop()
  }
}

async function sampled(program, load) {
  const samples = []
  let over = false
  const ended = load.finally(() => {
    over = true
  })
  ended.catch(() => {})
  while (!over) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MILLIS))
    samples.push(await program.memory())
  }
  return { ...(await load), samples }
}
