// CPU time per request: all agents' processes are alive at once, warmed, and then loaded in slices round robin.
//
// A slice is accounted from its start to the start of the same process's next slice, and the last one to the end of
// the drain. So what an agent does after the answers (batches, timers, the collector's replies) is paid by some slice,
// and no slice has to wait for it. Slices are short and many, because the noise of a shared machine lasts for seconds:
// what is divided by what lies close together. And each agent has several processes, whose mean counts in a round:
// one is faster or slower than another with the same code for as long as it lives, by up to a fifth.
import { ask } from './children.mjs'
import { Delivery } from './delivery.mjs'
import { Program, programEnv } from './program.mjs'
import { mean, summary } from './statistics.mjs'

const SERVICE_START_MILLIS = 300

/**
 * @param bench node, load, sink, database
 * @returns a result for each agent, in their order: microseconds and ratio for each request, spans, and what is wrong
 */
export async function measureCpu(bench, app, agents, { rounds, sliceMillis, connections, processes, ...warm }) {
  const runs = []
  const instances = []
  try {
    for (const agent of agents)
      runs.push({
        agent,
        delivery: await Delivery.begin(bench, `${app.name} ${agent.name}`, agent, app.spans),
        instances: [],
      })
    for (let i = 0; i < processes; i++) {
      for (const run of runs) {
        const instance = await startInstance(bench, app, run)
        run.instances.push(instance)
        instances.push(instance)
      }
    }
    const load = async (instance, amount) => {
      const { agent, delivery } = instance.run
      const question = { port: instance.port, path: app.path, headers: agent.headers, connections, ...amount }
      const { requests, millis } = await ask(bench.load, question, 120_000)
      instance.requests += requests
      delivery.requests += requests
      return { requests, millis }
    }
    await warmUp(instances, load, warm)
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < instances.length; i++) {
        const instance = instances[(i + round) % instances.length]
        const before = await cpuMicros(instance)
        instance.slices.push({ before, ...(await load(instance, { millis: sliceMillis })) })
      }
    }
    for (const { delivery } of runs) await delivery.settled()
    for (const instance of instances) instance.cpuAtEnd = await cpuMicros(instance)
    return evaluate(app, runs)
  } finally {
    await Promise.all(instances.flatMap(({ programs }) => programs.map((program) => program.stop())))
  }
}

/**
 * In turns too: a process that was warmed and then left alone for two minutes takes twice as long at first, with any agent
 * and without one, and the longer to recover the more code it runs.
 */
async function warmUp(instances, load, { warmRequests, warmMillis, mostWarmMillis }) {
  for (let warmed = 0; warmed < mostWarmMillis; warmed += warmMillis) {
    const cold = instances.filter(({ requests }) => requests < warmRequests)
    if (cold.length === 0) return
    for (const instance of instances) await load(instance, { millis: warmMillis })
  }
}

/** The programs of the app, one of each, under the agent of `run`. */
async function startInstance(bench, app, run) {
  const { agent, delivery } = run
  const instance = { run, programs: [], slices: [], requests: 0, port: 0 }
  const env = programEnv(
    { BENCH_UPSTREAM: app.backend ? bench.backendUrl : '' },
    app.database ? await bench.database.env() : {},
    agent.env(delivery),
  )
  try {
    for (const file of app.services) {
      const name = file.slice(0, file.indexOf('.'))
      const program = await Program.start(bench.node, agent, file, {
        ...env,
        OTEL_SERVICE_NAME: name,
        DD_SERVICE: name,
      })
      instance.programs.push(program)
      instance.port = program.port
      env.BENCH_UPSTREAM = `http://127.0.0.1:${program.port}`
    }
  } catch (error) {
    await Promise.all(instance.programs.map((program) => program.stop()))
    throw error
  }
  await new Promise((resolve) => setTimeout(resolve, SERVICE_START_MILLIS))
  return instance
}

async function cpuMicros({ programs }) {
  const all = await Promise.all(programs.map((program) => program.cpuMicros()))
  return all.reduce((sum, micros) => sum + micros, 0)
}

function evaluate(app, runs) {
  const lean = runs.find(({ agent }) => agent.name === 'otel-lean')
  for (const run of runs) run.micros = meansOf(run.instances.map(microsPerRequest))
  return runs.map((run) => {
    const { requests, spans, bytes, spansPerRequest } = run.delivery
    const bare = bareBeside(run, runs)
    const ratios = bare && run.micros.map((micros, i) => micros / bare.micros[i])
    const added = bare && run.micros.map((micros, i) => micros - bare.micros[i])
    const ofLean =
      bare &&
      lean &&
      run !== lean &&
      run !== bare &&
      added.map((micros, i) => micros / (lean.micros[i] - bare.micros[i]))
    return {
      app: app.name,
      agent: run.agent.name,
      spansPerRequest,
      micros: summary(run.micros),
      ratio: ratios && summary(ratios),
      added: added && summary(added),
      ofLean: ofLean ? summary(ofLean) : undefined,
      requestsPerSecond: summary(run.instances.flatMap(requestsPerSecond)).median,
      bytesPerSpan: spans === 0 ? undefined : bytes / spans,
      requests,
      spans,
      rounds: run.micros,
      processes: run.instances.map((instance) => summary(microsPerRequest(instance)).median),
      problems: run.delivery.problems(run.instances.flatMap(({ programs }) => programs.flatMap(({ said }) => said))),
    }
  })
}

/** Node.js alone under the same load: to read one more header takes it a while too. */
function bareBeside({ agent }, runs) {
  const all = runs.filter(({ agent: { name } }) => name.startsWith('bare'))
  return all.find(({ agent: { headers } }) => headers === agent.headers) ?? all[0]
}

function microsPerRequest({ slices, cpuAtEnd }) {
  return slices.map(({ before, requests }, i) => ((slices[i + 1]?.before ?? cpuAtEnd) - before) / requests)
}

function requestsPerSecond({ slices }) {
  return slices.map(({ requests, millis }) => (requests * 1000) / millis)
}

/** Of several lists the mean of the first of each, of the second of each, and so on. */
function meansOf(lists) {
  return lists[0].map((_, i) => mean(lists.map((list) => list[i])))
}
