import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import { run, start, traceOf } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`

const WAYS = [
  'spawn',
  'spawn-options',
  'exec',
  'exec-promise',
  'execFile',
  'execFile-promise',
  'fork',
  'fork-execArgv',
  'spawnSync',
  'spawnSync-options',
  'spawnSync-undefined',
  'execFileSync',
  'execFileSync-options',
  'execSync',
  'execSync-options',
  'env',
  'env-sync',
]

for (const extension of ['cjs', 'mjs']) {
  test(`${extension}: a child gets the active trace in its environment, in whatever way it is started`, async (t) => {
    const sink = await startSink(t)
    // What the process has been given itself is of another trace, and goes to none of a request's children.
    const env = { ...sink.env, TRACEPARENT, TRACESTATE: 'old=1' }
    const server = await start(t, `child-process/parent.${extension}`, { env })
    const answers = new Map<string, { TRACEPARENT?: string; TRACESTATE?: string; BAGGAGE?: string; MINE?: string }>()
    for (const way of WAYS) {
      const text = await (await fetch(`${server.url}/${way}`, { headers: { baggage: 'a=1' } })).text()
      answers.set(`/${way}`, JSON.parse(text))
    }
    assert.equal(await (await fetch(`${server.url}/unchanged`)).text(), TRACEPARENT)
    await server.stop()
    const served = (await sink.settled()).filter(({ kind }) => kind === 2)
    assert.equal(served.length, WAYS.length + 1)
    for (const { attributes, traceId, spanId } of served.slice(0, -1)) {
      const path = String(attributes['url.path'])
      const mine = path.startsWith('/env') ? { MINE: 'inherited' } : {}
      const expected = { TRACEPARENT: `00-${traceId}-${spanId}-03`, BAGGAGE: 'a=1', ...mine }
      assert.deepEqual([path, answers.get(path)], [path, expected])
      assert.notEqual(traceId, TRACE_ID)
    }
  })
}

test('outside of any span a child gets what it would get without the agent', async () => {
  for (const env of [{}, { TRACEPARENT: 'no trace', BAGGAGE: 'a=1' }] as Record<string, string>[]) {
    const { stdout } = await run('child-process/bare-child.cjs', { env: { OTEL_TRACES_EXPORTER: 'none', ...env } })
    assert.deepEqual(JSON.parse(stdout), env)
  }
})

test('the functions of child_process look as without the agent, and refuse what they refuse', async () => {
  const bare = await run('child-process/identity.cjs', { agent: false })
  const traced = await run('child-process/identity.cjs', { env: { OTEL_TRACES_EXPORTER: 'none' } })
  assert.equal(bare.code, 0)
  assert.deepEqual([traced.stdout, traced.code], [bare.stdout, 0])
})

test('a worker of a cluster has spans of its own, and its messages are as without the agent', async (t) => {
  const sink = await startSink(t)
  const bare = await run('child-process/cluster.cjs', { agent: false })
  const traced = await run('child-process/cluster.cjs', { env: sink.env })
  const told = ({ stdout }: { stdout: string }): string => stdout.replace(/port: \d+/, 'port')
  assert.equal(told(traced), told(bare))
  const spans = await sink.settled()
  assert.equal(
    drawTraces(spans),
    trace`
      fork    INTERNAL
        GET   CLIENT  200
          GET SERVER  200
    `,
  )
  assert.equal(new Set(spans.map(({ resource }) => resource['service.instance.id'])).size, 2)
})

test('a program continues the trace of who has started it, until it is a server', async (t) => {
  const sink = await startSink(t)
  const { stdout } = await run('child-process/started.mjs', {
    env: { ...sink.env, TRACEPARENT, TRACESTATE: 'vendor=1', BAGGAGE: 'shop=tea' },
  })
  assert.equal(stdout, 'tea\n')
  const spans = await sink.settled()
  const traces = new Map(spans.map(({ name, kind, ...rest }) => [`${name} ${kind}`, rest]))
  for (const name of ['early 1', 'GET 3']) {
    const { traceId, parentSpanId, traceState } = traces.get(name) ?? {}
    assert.deepEqual([name, traceId, parentSpanId, traceState], [name, TRACE_ID, 'b7ad6b7169203331', 'vendor=1'])
  }
  for (const name of ['own root 1', 'late 1']) {
    const { traceId, parentSpanId } = traces.get(name) ?? {}
    assert.deepEqual([name, parentSpanId], [name, ''])
    assert.notEqual(traceId, TRACE_ID)
  }
  // Its caller's, which happens to be the process itself.
  assert.equal(traces.get('GET 2')?.parentSpanId, spans.find(({ kind }) => kind === 3)?.spanId)
})

test('a starter that does not sample is followed', async () => {
  const drawn = await traceOf('child-process/started.mjs', { TRACEPARENT: `${TRACEPARENT.slice(0, -1)}0` })
  assert.equal(
    drawn,
    trace`
      own root INTERNAL

      late     INTERNAL
    `,
  )
})

for (const [variable, value] of [
  ['OTEL_INSTRUMENTATION_CHILD_PROCESS_ENABLED', 'false'],
  ['OTEL_PROPAGATORS', 'none'],
] as const) {
  test(`${variable}=${value}: no trace is taken from the environment and none given to children`, async (t) => {
    const sink = await startSink(t)
    const ends = { ...sink.env, [variable]: value }
    await run('child-process/started.mjs', { env: { ...ends, TRACEPARENT } })
    const server = await start(t, 'child-process/parent.cjs', { env: ends })
    assert.deepEqual(await (await fetch(`${server.url}/spawn`)).json(), {})
    assert.deepEqual(await (await fetch(`${server.url}/execSync`)).json(), {})
    await server.stop()
    for (const { traceId } of await sink.settled()) assert.notEqual(traceId, TRACE_ID)
  })
}
