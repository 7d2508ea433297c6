import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run, told } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

for (const [when, OTEL_BSP_SCHEDULE_DELAY] of [
  ['while it waits', '60000'],
  ['when it is delivered', '0'],
] as const) {
  test(`nothing keeps the context in which a program has made its first span, ${when}`, async (t) => {
    const sink = await startSink(t)
    const env = { OTEL_BSP_SCHEDULE_DELAY, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, TURNS: '200' }
    const outcome = await run('exit/memory.mjs', { env, nodeFlags: ['--expose-gc'] })
    assert.equal(outcome.stdout, 'garbage\n', told(outcome))
  })
}
