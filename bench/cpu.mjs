// CPU time per request: all agents' processes are alive at once, warmed, and then loaded in slices round robin.
//
// A slice is accounted from its start to the start of the same process's next slice, and the last one to the end of
// the drain. So what an agent does after the answers (batches, timers, the collector's replies) is paid by some slice,
// and no slice has to wait for it. Slices are short and many, because the noise of a shared machine lasts for seconds:
// what is divided by what lies close together.
import { ask } from './children.mjs'
import { Program, programEnv } from './program.mjs'
import { summary } from './statistics.mjs'

/** Longer than the default delay of batches in all agents, 5 s. */
const DRAIN_MILLIS = 12_000
const QUIET_MILLIS = 6_500
const SERVICE_START_MILLIS = 300

/**
 * @param bench node, load, sink, database
 * @returns a result for each agent, in their order: microseconds and ratio for each request, spans, and what is wrong
 */
export async function measureCpu(bench, app, agents, { warmRequests, warmMillis, rounds, sliceMillis, connections }) {
  const runs = []
  try {
    for (const agent of agents) runs.push(await startRun(bench, app, agent))
    const load = async (run, amount) => {
      const { path } = app
      const question = { port: run.port, path, headers: run.agent.headers, connections, ...amount }
      const { requests, millis } = await ask(bench.load, question, 120_000)
      run.requests += requests
      return { requests, millis }
    }
    for (const run of runs) {
      while (run.requests < warmRequests) await load(run, { millis: warmMillis })
    }
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < runs.length; i++) {
        const run = runs[(i + round) % runs.length]
        const before = await cpuMicros(run)
        run.slices.push({ before, ...(await load(run, { millis: sliceMillis })) })
      }
    }
    await drain(bench, app, runs)
    for (const run of runs) run.cpuAtEnd = await cpuMicros(run)
    return evaluate(app, runs)
  } finally {
    await Promise.all(runs.flatMap(({ programs }) => programs.map((program) => program.stop())))
  }
}

async function startRun(bench, app, agent) {
  const key = `${app.name} ${agent.name}`
  const { port } = await bench.inlet(key, agent.port)
  const run = { agent, key, programs: [], requests: 0, slices: [], port: 0, spans: 0, bytes: 0, problems: [] }
  const env = programEnv(
    { BENCH_UPSTREAM: app.backend ? bench.backendUrl : '' },
    app.database ? await bench.database.env() : {},
    agent.env({ endpoint: `http://127.0.0.1:${port}` }),
  )
  const before = await ask(bench.sink, { count: key })
  run.spansBefore = before.spans
  run.bytesBefore = before.bytes
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

/** Waits until the spans that are expected are there, and where that is not known, until no more come. */
async function drain(bench, app, runs) {
  const began = performance.now()
  for (const run of runs) {
    const expected = expectedSpans(app, run)
    let changedAt = began
    for (;;) {
      const { spans, bytes, faults } = await ask(bench.sink, { count: run.key })
      const now = performance.now()
      if (spans - run.spansBefore !== run.spans) changedAt = now
      run.spans = spans - run.spansBefore
      run.bytes = bytes - run.bytesBefore
      run.faults = faults
      if (expected !== undefined && run.spans >= expected) break
      if (now - changedAt > QUIET_MILLIS || now - began > DRAIN_MILLIS + QUIET_MILLIS) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

function expectedSpans(app, { agent, requests }) {
  if (agent.expects === 'none') return 0
  return agent.expects === 'spans' ? app.spans * requests : undefined
}

function evaluate(app, runs) {
  const bare = runs.find(({ agent }) => agent.name === 'bare')
  const lean = runs.find(({ agent }) => agent.name === 'otel-lean')
  for (const run of runs) run.micros = microsPerRequest(run)
  return runs.map((run) => {
    const perRequest = Math.round(run.spans / run.requests)
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
      spansPerRequest: perRequest,
      micros: summary(run.micros),
      ratio: ratios && summary(ratios),
      added: added && summary(added),
      ofLean: ofLean ? summary(ofLean) : undefined,
      requestsPerSecond: summary(run.slices.map(({ requests, millis }) => (requests * 1000) / millis)).median,
      bytesPerSpan: run.spans === 0 ? undefined : run.bytes / run.spans,
      requests: run.requests,
      spans: run.spans,
      rounds: run.micros,
      problems: problemsOf(app, run, perRequest),
    }
  })
}

function microsPerRequest({ slices, cpuAtEnd }) {
  return slices.map(({ before, requests }, i) => ((slices[i + 1]?.before ?? cpuAtEnd) - before) / requests)
}

/** A few more spans than requests account for are of the program's start; one less is a loss. */
function problemsOf(app, run, perRequest) {
  const problems = [...(run.faults ?? [])]
  const expected = expectedSpans(app, run) ?? perRequest * run.requests
  const surplus = run.spans - expected
  if (surplus < 0) problems.push(`${-surplus} of ${expected} spans did not arrive`)
  if (surplus > 0.002 * run.requests) problems.push(`${surplus} more spans than the ${expected} expected`)
  if (perRequest === 0 && expectedSpans(app, run) === undefined) problems.push('no spans arrived')
  if (problems.length > 0 && run.programs[0].said.length > 0) problems.push(...run.programs.flatMap(({ said }) => said))
  return problems
}
