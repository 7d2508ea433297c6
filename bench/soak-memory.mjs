// Whether memory stays where it is: http hello at a fixed rate for minutes, with a collector that is there all the time
// and with one that is away for a while. All programs run side by side; each has a load of its own.
import { ask, kill, startHelper } from './children.mjs'
import { Delivery } from './delivery.mjs'
import { MIB } from './memory.mjs'
import { Program, programEnv } from './program.mjs'
import { mean, median } from './statistics.mjs'

const SAMPLE_MILLIS = 1000
/** Samples of a window, of which the median counts for what is resident, and the least of the heap for what lives. */
const WINDOW = 10
/** The queue of 32 MiB has room for 13 s of 5,000 spans a second. */
const MAX_OUTAGE_MILLIS = 9_000
/** Of a normal distribution, for 95 %. */
const SURE = 1.96

/** @returns for each agent MiB at the begin and end, MiB an hour with its bound, of what is resident and of the heap */
export async function soakMemory(bench, agents, { minutes, rate, connections }, tell) {
  const millis = minutes * 60_000
  const outageMillis = Math.min(MAX_OUTAGE_MILLIS, millis / 10)
  const cases = agents.flatMap((agent) => [
    { agent, name: agent.name },
    ...(agent.expects === 'spans' ? [{ agent, name: `${agent.name}, outage`, outageMillis }] : []),
  ])
  const runs = []
  try {
    for (const one of cases) runs.push(await startRun(bench, one))
    const began = performance.now()
    let over = false
    const loads = Promise.all(
      runs.map(async (run) => {
        const question = {
          port: run.program.port,
          path: '/hello',
          headers: run.agent.headers,
          connections,
          rate,
          millis,
        }
        const { requests } = await ask(run.load, question, 2 * millis + 60_000)
        run.delivery.requests += requests
      }),
    ).finally(() => {
      over = true
    })
    loads.catch(() => {})
    const outages = Promise.all(runs.map((run) => takeAway(bench, run, millis)))
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MILLIS))
      const minute = (performance.now() - began) / 60_000
      for (const run of runs) run.samples.push({ minute, ...(await run.program.memory()) })
      if (runs[0].samples.length % 60 === 0) tell(runs.map(({ name, samples }) => [name, samples.at(-1)]))
    }
    await Promise.all([loads, outages])
    // The queue of an outage empties at the pace of the collector.
    for (const { delivery } of runs) await delivery.settled(60_000)
    return runs.map(resultOf)
  } finally {
    await Promise.all(runs.flatMap(({ program, load }) => [program.stop(), kill(load)]))
  }
}

async function startRun(bench, { agent, name, outageMillis }) {
  const key = `soak ${name}`
  const delivery = await Delivery.begin(bench, key, agent, 1)
  const program = await Program.start(bench.node, agent, 'hello.cjs', programEnv(agent.env(delivery)))
  return { agent, name, key, outageMillis, delivery, program, load: startHelper('load.mjs'), samples: [] }
}

/** In the middle of the run. */
async function takeAway(bench, { key, outageMillis }, millis) {
  if (outageMillis === undefined) return
  await new Promise((resolve) => setTimeout(resolve, (millis - outageMillis) / 2))
  await ask(bench.sink, { close: key })
  await new Promise((resolve) => setTimeout(resolve, outageMillis))
  await ask(bench.sink, { reopen: key })
}

function resultOf({ name, delivery, program, samples }) {
  const windows = []
  for (let i = 0; i + WINDOW <= samples.length; i += WINDOW) {
    const window = samples.slice(i, i + WINDOW)
    windows.push({
      hour: median(window.map(({ minute }) => minute)) / 60,
      rss: median(window.map(({ rss }) => rss)) / MIB,
      live: Math.min(...window.map(({ heapUsed }) => heapUsed)) / MIB,
      heap: median(window.map(({ heapTotal }) => heapTotal)) / MIB,
    })
  }
  // The first third is for the compiler, and for V8 to find the size of its young generation.
  const settled = windows.slice(Math.floor(windows.length / 3))
  return {
    agent: name,
    requests: delivery.requests,
    spans: delivery.spans,
    peak: Math.max(...samples.map(({ rss }) => rss)) / MIB,
    rss: slopeOf(settled, 'rss'),
    heap: slopeOf(settled, 'heap'),
    live: slopeOf(settled, 'live'),
    windows,
    problems: delivery.problems(program.said),
  }
}

/** By least squares: per hour, `bound` is how much it may be at most. */
function slopeOf(windows, part) {
  const count = windows.length
  const hours = windows.map(({ hour }) => hour)
  const values = windows.map((window) => window[part])
  const [meanHour, meanValue] = [mean(hours), mean(values)]
  const spread = hours.reduce((sum, hour) => sum + (hour - meanHour) ** 2, 0)
  const slope = hours.reduce((sum, hour, i) => sum + (hour - meanHour) * (values[i] - meanValue), 0) / spread
  const errors = values.reduce((sum, value, i) => sum + (value - meanValue - slope * (hours[i] - meanHour)) ** 2, 0)
  return {
    from: values[0],
    to: values.at(-1),
    perHour: slope,
    bound: slope + SURE * Math.sqrt(errors / Math.max(1, count - 2) / spread),
  }
}
