import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run, start } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

/** What the agent says, without its prefix and what differs from run to run. */
function linesOf(stderr: string): string[] {
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => {
      assert.match(line, /^autospan: /, 'each line is whole, and says whose it is')
      return line
        .slice('autospan: '.length)
        .replace(/in \d+ bytes/, 'in _ bytes')
        .replace(/\d+ ms/, '_ ms')
        .replace(/127\.0\.0\.1:\d+/, 'host')
        .replace(/\d+ metric data points?/, '_ metric data points')
    })
}

test('OTEL_LOG_LEVEL=debug tells of each module that is patched, and of each request that is sent', async (t) => {
  const sink = await startSink(t, { respond: (index) => (index === 0 ? { status: 503 } : undefined) })
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer s3cret',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '1',
    OTEL_LOG_LEVEL: 'debug',
  }
  const server = await start(t, 'express/server.cjs', { env })
  await (await fetch(`${server.url}/`)).text()
  await server.printed(/: accepted/, { on: 'stderr' })
  const { stderr } = await server.stop()
  const lines = linesOf(stderr)
  assert.doesNotMatch(stderr, /s3cret/)
  // https is another module's to load, and not on each line of Node.js.
  const patched = lines.filter((line) => /^patched (http|express) /.test(line))
  assert.deepEqual(
    patched.map((line) => line.replace(/\d[\d.]*/, '_')),
    ['patched http of Node.js', 'patched express _'],
  )
  assert.ok(lines.includes('hears fastify by fastify.initialization'), stderr)
  const url = 'http://host/v1/traces'
  assert.deepEqual(lines.filter((line) => /\/v1\//.test(line)).slice(1), [
    `sent 1 span in _ bytes to ${url} within _ ms: failed, status 503 Service Unavailable`,
    `${url} is tried again in _ ms`,
    `sent 1 span in _ bytes to ${url} within _ ms: accepted`,
  ])
})

for (const [app, way, line] of [
  ['boot/own-spans.mjs', '', 'sent 3 spans in _ bytes to http://host/v1/traces within _ ms: accepted'],
  // What is open is ended by the process's end; a thread sends it, for the event loop stands still then.
  ['exit/own-spans.mjs', 'open', 'sent 1 span in _ bytes to http://host/v1/traces at the end: accepted'],
] as const) {
  test(`at debug level the last request of ${app} is told too`, async (t) => {
    const sink = await startSink(t)
    const env = { ...sink.env, OTEL_LOG_LEVEL: 'debug', OTEL_METRICS_EXPORTER: 'none' }
    const { stderr } = await run(app, { env: { ...env, WAY: way } })
    assert.equal(linesOf(stderr).at(-1), line)
  })
}

for (const [level, count] of [
  ['info', 1],
  ['warn', 0],
  ['none', 0],
] as const) {
  test(`OTEL_LOG_LEVEL=${level} says ${count} of it`, async (t) => {
    const sink = await startSink(t)
    const env = { ...sink.env, OTEL_LOG_LEVEL: level }
    const { stderr } = await run('boot/own-spans.mjs', { env })
    assert.equal(stderr.split('\n').length - 1, count, stderr)
  })
}

for (const mark of ['NODE_TEST_CONTEXT', 'VITEST', 'JEST_WORKER_ID', 'MOCHA_WORKER_ID', 'TAP_CHILD_ID']) {
  test(`a process of a test runner (${mark}) says nothing, unless OTEL_LOG_LEVEL is set`, async () => {
    const env = { [mark]: '1', OTEL_TRACES_SAMPLER: 'allways_on', OTEL_TRACES_EXPORTER: 'none' }
    assert.equal((await run('boot/plain.cjs', { env })).stderr, '')
    const { stderr } = await run('boot/plain.cjs', { env: { ...env, OTEL_LOG_LEVEL: 'info' } })
    assert.deepEqual(stderr.match(/OTEL_TRACES_SAMPLER|hooked/g), ['OTEL_TRACES_SAMPLER', 'hooked'])
  })
}
