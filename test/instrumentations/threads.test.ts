import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { trace } from '../harness/draw.js'
import { temporaryFolder } from '../harness/folder.js'
import { root, run, traceOf } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const WORKERS = ['cjs', 'esm', 'shared', 'env', 'empty', 'bare', 'eval']
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('a thread costs its maker no short intervals, however soon batches leave', async (t) => {
  const { env } = await startSink(t)
  const nodeFlags = ['--require', join(root, 'test/apps/threads/intervals.cjs')]
  const { stdout } = await run('threads/empty.cjs', { env: { ...env, OTEL_BSP_SCHEDULE_DELAY: '0' }, nodeFlags })
  assert.equal(stdout, '{"short":[]}\n')
})

for (const importFlag of ['--import', '--require'] as const) {
  test(`${importFlag}: worker threads have spans of their own, and are the same service instance`, async (t) => {
    const sink = await startSink(t)
    const { env } = sink
    const { stdout, stderr } = await run('threads/main.cjs', { env, importFlag, args: WORKERS })
    const bare = await run('threads/main.cjs', { agent: false, args: WORKERS })
    assert.equal(stdout, bare.stdout)
    assert.equal(stderr.split('\n').length, 2, stderr)
    const spans = await sink.settled()
    // Node.js runs no --import in a worker that is evaluated, and no flags in one that is made with none.
    const traced = ['cjs', 'esm', 'shared', 'env', 'empty', ...(importFlag === '--require' ? ['eval'] : [])]
    assert.deepEqual(spans.map(({ name }) => name).sort(), ['main', ...traced.map((name) => `worker ${name}`)].sort())
    for (const key of ['service.name', 'service.instance.id', 'process.pid']) {
      const values = new Set(spans.map(({ resource }) => resource[key]))
      assert.deepEqual([key, values.size, values.has(undefined)], [key, 1, false])
    }
    const threads = spans.map(({ resource }) => resource['thread.id'])
    assert.equal(new Set(threads).size, spans.length)
    assert.equal(threads[spans.findIndex(({ name }) => name === 'main')], undefined)
  })
}

test('what a worker has been told of itself counts', async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, OTEL_SERVICE_NAME: 'shop' }
  await run('threads/named.cjs', { env })
  const names = (await sink.settled()).map(({ name, resource }) => [name, resource['service.name']])
  assert.deepEqual(names, [
    ['named', 'worker'],
    ['main', 'shop'],
  ])
})

const FILE = `file_format: "1.0"
tracer_provider: {processors: [{batch: {exporter: {otlp_http: {endpoint: "\${SINK}/v1/traces"}}}}]}
`

test('a worker finds the files of settings where the program was started, which has gone elsewhere since', async (t) => {
  const cwd = temporaryFolder(t)
  writeFileSync(join(cwd, 'otel.yaml'), FILE)
  const sink = await startSink(t)
  await run('threads/gone.cjs', { cwd, env: { OTEL_CONFIG_FILE: 'otel.yaml', SINK: sink.url } })
  assert.deepEqual((await sink.settled()).map(({ name }) => name).sort(), ['main', 'worker'])

  await run('threads/gone.cjs', {
    cwd,
    env: { OTEL_TRACES_EXPORTER: 'otlp/file', AUTOSPAN_TRACES_FILE: 'spans.jsonl' },
  })
  assert.equal(readFileSync(join(cwd, 'spans.jsonl'), 'utf8').match(/"name":"(main|worker)"/g)?.length, 2)
})

test('a worker makes traces of its own', async () => {
  assert.equal(
    await traceOf('threads/jobs.cjs'),
    trace`
      job             INTERNAL

      worker of a job INTERNAL

      worker          INTERNAL
    `,
  )
})

test('AUTOSPAN_WORKER_CONTEXT=true: a worker continues the trace of the code that makes it', async () => {
  assert.equal(
    await traceOf('threads/jobs.cjs', { AUTOSPAN_WORKER_CONTEXT: 'true' }),
    trace`
      job               INTERNAL
        worker of a job INTERNAL

      worker            INTERNAL
    `,
  )
})

test('a message carries the context that the program puts into it', async () => {
  assert.equal(
    await traceOf('threads/message.cjs'),
    trace`
      ask for a INTERNAL
        do a    INTERNAL

      ask for b INTERNAL
        do b    INTERNAL
    `,
  )
})

test('a worker continues the trace that its process continues', async (t) => {
  const sink = await startSink(t)
  await run('threads/jobs.cjs', { env: { ...sink.env, TRACEPARENT } })
  const spans = await sink.settled()
  assert.equal(spans.length, 3)
  for (const { name, parentSpanId } of spans) assert.deepEqual([name, parentSpanId], [name, 'b7ad6b7169203331'])
})

test('a thread that makes more spans than the main thread takes over delivers the rest itself', async (t) => {
  const sink = await startSink(t)
  const { stderr } = await run('threads/flood.cjs', {
    env: { ...sink.env, OTEL_LOG_LEVEL: 'warn' },
  })
  assert.equal(stderr, '')
  const names = (await sink.settled()).map(({ name }) => name)
  assert.equal(names.length, 3000)
  assert.equal(new Set(names).size, 3000)
})

test('a thread of a thread hands its spans over as well', async (t) => {
  const sink = await startSink(t)
  await run('threads/nested.cjs', { env: sink.env })
  const spans = await sink.settled()
  assert.deepEqual(spans.map(({ name }) => name).sort(), ['depth 0', 'depth 1', 'depth 2'])
  assert.equal(new Set(spans.map(({ resource }) => resource['thread.id'])).size, 3)
})

test('a thread that has been told of another collector delivers there itself', async (t) => {
  const [sink, other] = [await startSink(t), await startSink(t)]
  await run('threads/elsewhere.cjs', { env: { ...sink.env, OTHER: other.url } })
  const names = async (of: typeof sink) => (await of.settled()).map(({ name }) => name)
  assert.deepEqual([await names(sink), await names(other)], [['main'], ['elsewhere']])
})

test('each worker of a cluster has its spans delivered, with a logger in a thread, under NODE_OPTIONS', async (t) => {
  const sink = await startSink(t)
  const env = {
    NODE_OPTIONS: `--import=${pathToFileURL(join(root, 'register.mjs')).href}`,
    ...sink.env,
    OTEL_LOG_LEVEL: 'warn',
  }
  const { stdout, stderr, code } = await run('threads/cluster.cjs', { env, agent: false })
  assert.deepEqual([stdout, stderr, code], ['exit 0\nexit 0\n', '', 0])
  const spans = await sink.settled()
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['job', 'job'],
  )
  for (const key of ['service.instance.id', 'process.pid']) {
    assert.equal(new Set(spans.map(({ resource }) => resource[key])).size, 2)
  }
})
