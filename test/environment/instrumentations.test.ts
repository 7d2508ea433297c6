import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const HTTP_OFF = ['undici CLIENT']
const UNDICI_OFF = ['http SERVER']
const BOTH = ['undici CLIENT', 'http SERVER']

for (const [env, expected] of [
  [{}, BOTH],
  [{ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'undici' }, HTTP_OFF],
  [{ OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' }, HTTP_OFF],
  [{ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,undici', OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'undici' }, UNDICI_OFF],
  [{ OTEL_INSTRUMENTATION_HTTP_ENABLED: 'false' }, HTTP_OFF],
  [{ OTEL_INSTRUMENTATION_UNDICI_ENABLED: 'false' }, UNDICI_OFF],
  [{ OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED: 'false', OTEL_INSTRUMENTATION_HTTP_ENABLED: 'true' }, UNDICI_OFF],
] as [Record<string, string>, string[]][]) {
  test(`${JSON.stringify(env)} traces ${expected.join(' and ')}`, async (t) => {
    const sink = await startSink(t)
    const { stderr } = await run('boot/traced.mjs', { env: { ...sink.env, ...env } })
    const spans = await sink.settled()
    const kinds = ['', 'INTERNAL', 'SERVER', 'CLIENT']
    assert.deepEqual(
      spans.map(({ scope, kind }) => `${scope.name.replace('autospan/', '')} ${kinds[kind]}`).sort(),
      [...expected].sort(),
    )
    const hooked = /hooked: (.*)/.exec(stderr)?.[1]?.split(', ') ?? []
    for (const name of ['http', 'undici']) {
      assert.equal(
        hooked.includes(name),
        expected.some((line) => line.startsWith(name)),
        `${name} in ${hooked}`,
      )
    }
  })
}
