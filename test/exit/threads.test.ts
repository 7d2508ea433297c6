import assert from 'node:assert/strict'
import { devNull } from 'node:os'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'
import { bareOnce, visible } from './bare.js'

for (const WAY of ['its empty event loop', 'process.exit()', 'an error']) {
  test(`a thread that ends by ${WAY} delivers its spans, and tells its parent the same`, async (t) => {
    const sink = await startSink(t)
    const env = { WAY, ...sink.env }
    const traced = await run('exit/thread.mjs', { env })
    assert.deepEqual(visible(traced), visible(await run('exit/thread.mjs', { env, agent: false })))
    assert.deepEqual(
      drawTraces(await sink.settled(), ['autospan.incomplete']),
      trace`
        done INTERNAL

        open INTERNAL ${WAY === 'an error' ? 'error TypeError ' : ''}autospan.incomplete=true
      `,
    )
  })
}

for (const WAY of ['worker.terminate()', 'process.exit()', 'an error', 'SIGTERM', 'the end of its program']) {
  for (const OTEL_EXPORTER_OTLP_PROTOCOL of ['http/protobuf', 'http/json']) {
    test(`a thread that is ended by ${WAY} has its spans delivered, by ${OTEL_EXPORTER_OTLP_PROTOCOL}`, async (t) => {
      const sink = await startSink(t)
      const env = { WAY, OTEL_EXPORTER_OTLP_PROTOCOL, ...sink.env, OTEL_LOG_LEVEL: 'warn' }
      const traced = await run('exit/terminated.mjs', { env })
      const bare = await bareOnce('terminated.mjs', env, () => run('exit/terminated.mjs', { env, agent: false }))
      assert.deepEqual(visible(traced), visible(bare))
      assert.doesNotMatch(traced.stderr, /^autospan: /m)
      const spans = await sink.settled()
      assert.equal(
        drawTraces(spans),
        trace`
          job    INTERNAL
            step INTERNAL
        `,
      )
      assert.equal(spans[0]?.resource['thread.id'], 1)
    })
  }

  test(`what a thread that is ended by ${WAY} had open is counted and said`, async (t) => {
    const sink = await startSink(t)
    const env = { WAY, OPEN: '1', ...sink.env, OTEL_LOG_LEVEL: 'warn' }
    const { stderr } = await run('exit/terminated.mjs', { env })
    const when = WAY === 'worker.terminate()' ? 'they were terminated' : 'the program ended'
    const lines = stderr.split('\n').filter((line) => line.startsWith('autospan: '))
    assert.deepEqual(lines, [`autospan: at least 1 span that worker threads had open when ${when} is lost`])
    await sink.settled()
  })
}

for (const [title, settings] of [
  ['go elsewhere', { OTEL_TRACES_EXPORTER: 'otlp/file', AUTOSPAN_TRACES_FILE: devNull }],
  ['are not kept', { OTEL_TRACES_SAMPLER: 'always_off', AUTOSPAN_KEEP: 'errors' }],
] as const) {
  test(`spans of a thread that ${title} have ended all the same: none is said to be lost`, async (t) => {
    const sink = await startSink(t)
    const env = { WAY: 'worker.terminate()', ...sink.env, OTEL_LOG_LEVEL: 'warn' }
    const { code, stderr } = await run('exit/terminated.mjs', { env: { ...env, ...settings } })
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(await sink.settled(), [])
  })
}

for (const WAY of ['maker', 'inner']) {
  test(`what a thread of a thread has made is delivered when ${WAY === 'maker' ? 'that' : 'it'} is terminated`, async (t) => {
    const sink = await startSink(t)
    const env = { WAY, ...sink.env, OTEL_LOG_LEVEL: 'warn' }
    const { code, stdout, stderr } = await run('threads/terminated-maker.cjs', { env })
    const lost = 'autospan: at least 1 span that worker threads had open when they were terminated is lost\n'
    assert.deepEqual([code, stdout, stderr], [0, 'gone\n', lost])
    const names = (await sink.settled()).map(({ name }) => name)
    assert.deepEqual([names, sink.metric('shop.orders')?.points[0]?.value], [['inner'], 1])
  })
}

test('threads of a thread that is not traced deliver their spans, each its own', async (t) => {
  const sink = await startSink(t)
  const { code, stdout, stderr } = await run('threads/supervised.cjs', {
    env: { ...sink.env, OTEL_LOG_LEVEL: 'warn', OTEL_BSP_SCHEDULE_DELAY: '50' },
  })
  assert.deepEqual([code, stdout, stderr], [0, 'made 6000\n', ''])
  assert.equal((await sink.settled()).length, 6000)
})

for (const WAY of ['disconnect', 'kill', 'process.exit()', 'SIGKILL']) {
  test(`a worker of a cluster that ends by ${WAY} delivers its spans`, async (t) => {
    const sink = await startSink(t)
    const env = { WAY, ...sink.env }
    const traced = await run('exit/cluster.cjs', { env })
    assert.deepEqual(visible(traced), visible(await run('exit/cluster.cjs', { env, agent: false })))
    assert.equal(
      await sink.traces(2),
      trace`
        GET   CLIENT 200
          GET SERVER 200
      `,
    )
    await sink.settled()
  })
}
