import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'
import { visible } from './bare.js'

for (const WAY of ['its empty event loop', 'process.exit()', 'an error']) {
  test(`a thread that ends by ${WAY} delivers its spans, and tells its parent the same`, async (t) => {
    const sink = await startSink(t)
    const env = { WAY, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }
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

for (const WAY of ['disconnect', 'kill', 'process.exit()', 'SIGKILL']) {
  test(`a worker of a cluster that ends by ${WAY} delivers its spans`, async (t) => {
    const sink = await startSink(t)
    const env = { WAY, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }
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
