import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Owner } from '../harness/owner.js'
import { run, type Server, start } from '../harness/program.js'
import { type Sink, startSink } from '../harness/sink.js'

/** Longer than what is left out while load is shed. */
const USER_AGENT = `test/${'1'.repeat(100)}`

test('while the queue is full long attributes are left out, then traces, and both are back after it', async (t) => {
  const { server, sink, open } = await besieged(t, {})
  await askUntil(server, /sheds load, for the queue of spans is full: attributes of more than 64 characters/)
  await askUntil(server, /sheds load, for the queue of spans is full: of new traces one in 10 is recorded/)
  // Most of these are not recorded.
  await ask(server, 300)
  open()
  const [, traces] = await server.printed(
    /sheds no more load: [1-9]\d* attributes and (\d+) traces were left out in \d+ s, for the queue of/,
    {
      on: 'stderr',
    },
  )
  await ask(server, 20, '/after')
  await server.stop()
  const delivered = await sink.settled()
  const after = delivered.filter(({ attributes }) => attributes['url.path'] === '/after')
  assert.equal(after.length, 20)
  for (const { attributes, droppedAttributesCount } of after)
    assert.deepEqual([attributes['user_agent.original'], droppedAttributesCount], [USER_AGENT, 0])
  const lean = delivered.filter(({ attributes }) => attributes['user_agent.original'] === undefined)
  assert.ok(lean.length > 0)
  for (const { attributes, droppedAttributesCount } of lean) {
    assert.equal(droppedAttributesCount, 1)
    assert.equal(attributes['http.request.method'], 'GET')
    assert.equal(attributes['url.path'], '/')
  }
  // Of 300, by chance: that these are fewer has a probability of 10^-20.
  assert.ok(Number(traces) > 200, `${traces} traces were left out`)
  assert.ok(delivered.some(({ traceState }) => /^ot=th:e66[67]/.test(traceState)))
})

test('metrics count what is not recorded', async (t) => {
  const { server, sink, open } = await besieged(t, {
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'true',
  })
  let asked = await askUntil(server, /one in 10 is recorded/)
  asked += (await ask(server, 100)).length
  open()
  await server.stop()
  const metric = sink.metric('http.server.request.duration')
  assert.equal(
    metric?.points.reduce((sum, { count }) => sum + Number(count), 0),
    asked,
  )
  const shed = sink.metric('autospan.shed.traces')?.points[0]?.value
  assert.ok(Number(shed) > 0)
})

test('callers that sample are told that their trace is not recorded here, and what is below it is not either', async (t) => {
  const { server } = await besieged(t, {}, 'http/relay.cjs')
  await askUntil(server, /one in 10 is recorded/, '/fetch')
  const traceparent = (last: string) => `00-0af7651916cd43dd84${last}-b7ad6b7169203331-03`
  // Of the last 14 digits of a trace's id, the largest are kept.
  for (const [last, flags] of [
    ['00000000000000', '02'],
    ['ffffffffffffff', '03'],
  ] as const) {
    const response = await fetch(`${server.url}/fetch`, { headers: { traceparent: traceparent(last) } })
    const { traceparent: sent } = (await response.json()) as { traceparent: string }
    assert.match(sent, new RegExp(`^00-0af7651916cd43dd84${last}-[0-9a-f]{16}-${flags}$`))
  }
})

test('AUTOSPAN_SHEDDING=false: the oldest are dropped, and nothing is left out', async (t) => {
  const { server, sink, open } = await besieged(t, { AUTOSPAN_SHEDDING: 'false' })
  await askUntil(server, /the queue of spans for \S+ is full: the oldest are dropped until it answers again/)
  await ask(server, 200)
  open()
  const { stderr } = await server.stop()
  assert.doesNotMatch(stderr, /sheds/)
  for (const { attributes } of await sink.settled()) assert.equal(attributes['user_agent.original'], USER_AGENT)
})

test('another destination that takes all gets all', async (t) => {
  const { server, open } = await besieged(t, { OTEL_TRACES_EXPORTER: 'otlp,otlp/stdout' })
  await askUntil(server, /the queue of spans for \S+ is full/)
  await ask(server, 200)
  open()
  const { stdout, stderr } = await server.stop()
  assert.doesNotMatch(stderr, /sheds/)
  assert.ok(stdout.split(USER_AGENT).length > 200)
})

test('while the event loop is late load is shed, and no more when it is not', async (t) => {
  const sink = await startSink(t)
  const { stderr, code } = await run('overload/late.mjs', {
    env: { TURNS: '6', OTEL_BSP_SCHEDULE_DELAY: '100', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  })
  assert.equal(code, 0)
  assert.match(
    stderr,
    /sheds load, for the event loop is \d\.\d s late: attributes of more than 64 characters are left out\n/,
  )
  assert.match(stderr, /sheds load, for the event loop is \d\.\d s late: of new traces one in 10 is recorded\n/)
  assert.match(
    stderr,
    /sheds no more load: [1-9]\d* attributes and [1-9]\d* traces were left out in \d+ s, for the event/,
  )
  const spans = await sink.settled()
  const countOf = (wanted: string) => spans.filter(({ name }) => name === wanted).length
  assert.equal(countOf('turn 0'), 200)
  assert.ok(countOf('turn 5') < 100)
  for (const { name, attributes, droppedAttributesCount } of spans) {
    assert.equal(attributes.short, 'x')
    assert.equal(droppedAttributesCount, attributes.long === undefined ? 1 : 0)
    if (name === 'after') assert.equal(attributes.long?.toString().length, 100)
  }
  assert.equal(countOf('after'), 100)
})

test('one long turn is none of that', async (t) => {
  const sink = await startSink(t)
  const { stderr } = await run('overload/late.mjs', {
    env: { TURNS: '1', OTEL_BSP_SCHEDULE_DELAY: '100', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  })
  assert.doesNotMatch(stderr, /sheds/)
  assert.equal((await sink.settled()).length, 320)
})

interface Besieged {
  readonly server: Server
  readonly sink: Sink
  /** Has the collector answer again. */
  readonly open: () => void
}

/** A server with room for some hundred spans, and a collector that takes none. */
async function besieged(
  owner: Owner,
  env: Readonly<Record<string, string>>,
  app = 'http/server.mjs',
): Promise<Besieged> {
  let isOpen = false
  const answer = () => (isOpen ? undefined : { destroy: true })
  const sink = await startSink(owner, { respond: answer, respondToMetrics: answer })
  const server = await start(owner, app, {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '8',
      AUTOSPAN_QUEUE_MAX_BYTES: '20000',
      AUTOSPAN_EXIT_TIMEOUT: '10000',
      ...env,
    },
  })
  return {
    server,
    sink,
    open: () => {
      isOpen = true
    },
  }
}

/** Asks so often, one after the other. */
async function ask(server: Server, times: number, path = '/'): Promise<readonly number[]> {
  const statuses: number[] = []
  for (let i = 0; i < times; i++) {
    const response = await fetch(server.url + path, { headers: { 'user-agent': USER_AGENT } })
    await response.arrayBuffer()
    statuses.push(response.status)
  }
  return statuses
}

/** Asks until the program says something; @returns how often. */
async function askUntil(server: Server, pattern: RegExp, path = '/'): Promise<number> {
  let times = 0
  let isSaid = false
  const said = server.printed(pattern, { on: 'stderr' }).then(() => {
    isSaid = true
  })
  while (!isSaid) times += (await ask(server, 10, path)).length
  await said
  return times
}
