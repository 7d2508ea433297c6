// CPU time per request: all agents' processes are alive at once, warmed, and then loaded in slices round robin.
//
// A slice is accounted from its start to the start of the same process's next slice, and the last one to the end of
// the drain. So what an agent does after the answers (batches, timers, the collector's replies) is paid by some slice,
// and no slice has to wait for it. Slices are short and many, because the noise of a shared machine lasts for seconds:
// what is divided by what lies close together.
import { ask } from './children.mjs'
import { Delivery } from './delivery.mjs'
import { Program, programEnv } from './program.mjs'
import { summary } from './statistics.mjs'

const SERVICE_START_MILLIS = 300

/**
 * @param bench node, load, sink, database
 * @returns a result for each agent, in their order: microseconds and ratio for each request, spans, and what is wrong
 */
export async function measureCpu(bench, app, agents, { rounds, sliceMillis, connections, ...warm }) {
  const runs = []
  try {
    for (const agent of agents) runs.push(await startRun(bench, app, agent))
    const load = async (run, amount) => {
      const { path } = app
      const question = { port: run.port, path, headers: run.agent.headers, connections, ...amount }
      const { requests, millis } = await ask(bench.load, question, 120_000)
      run.delivery.requests += requests
      return { requests, millis }
    }
    for (const run of runs) {
      const until = performance.now() + warm.mostWarmMillis
      while (run.delivery.requests < warm.warmRequests && performance.now() < until)
        await load(run, { millis: warm.warmMillis })
    }
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < runs.length; i++) {
        const run = runs[(i + round) % runs.length]
        const before = await cpuMicros(run)
        run.slices.push({ before, ...(await load(run, { millis: sliceMillis })) })
      }
    }
    for (const { delivery } of runs) await delivery.settled()
    for (const run of runs) run.cpuAtEnd = await cpuMicros(run)
    return evaluate(app, runs)
  } finally {
    await Promise.all(runs.flatMap(({ programs }) => programs.map((program) => program.stop())))
  }
}

async function startRun(bench, app, agent) {
  const delivery = await Delivery.begin(bench, `${app.name} ${agent.name}`, agent, app.spans)
  const run = { agent, delivery, programs: [], slices: [], port: 0 }
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
      run.programs.push(program)
      run.port = program.port
      env.BENCH_UPSTREAM = `http://127.0.0.1:${program.port}`
    }
  } catch (error) {
    await Promise.all(run.programs.map((program) => program.stop()))
    throw error
  }
  await new Promise((resolve) => setTimeout(resolve, SERVICE_START_MILLIS))
  return run
}

async function cpuMicros({ programs }) {
  const all = await Promise.all(programs.map((program) => program.cpuMicros()))
  return all.reduce((sum, micros) => sum + micros, 0)
}

function evaluate(app, runs) {
  const bare = runs.find(({ agent }) => agent.name === 'bare')
  const lean = runs.find(({ agent }) => agent.name === 'otel-lean')
  for (const run of runs) run.micros = microsPerRequest(run)
  return runs.map((run) => {
    const { requests, spans, bytes, spansPerRequest } = run.delivery
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
      requestsPerSecond: summary(run.slices.map(({ requests, millis }) => (requests * 1000) / millis)).median,
      bytesPerSpan: spans === 0 ? undefined : bytes / spans,
      requests,
      spans,
      rounds: run.micros,
      problems: run.delivery.problems(run.programs.flatMap(({ said }) => said)),
    }
  })
}

function microsPerRequest({ slices, cpuAtEnd }) {
  return slices.map(({ before, requests }, i) => ((slices[i + 1]?.before ?? cpuAtEnd) - before) / requests)
}
