import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

/** Longer than any test: nothing is sent but what is asked for, and what leaves at the end. */
const NEVER_MILLIS = String(3_600_000)

test('a request is measured before its span is sent', async (t) => {
  const sink = await startSink(t)
  const server = await start(t, 'http/server.mjs', {
    env: {
      ...sink.env,
      OTEL_BSP_SCHEDULE_DELAY: NEVER_MILLIS,
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
    },
  })
  const [, url = ''] = await server.printed(/metrics for Prometheus at (http:\S+)/, { on: 'stderr' })
  await (await fetch(`${server.url}/hello`)).text()
  // Until the server has seen the end of its response, which is after the client has.
  let text = ''
  for (let looks = 0; looks < 1000 && !/http_server_active_requests\S* 0/.test(text); looks++)
    text = await (await fetch(url)).text()
  assert.match(text, /http_server_request_duration_seconds_count\S*http_response_status_code="200"\S* 1/)
  assert.equal(sink.requests.length, 0)
  await server.stop()
  const [span] = await sink.spans(1)
  assert.equal(span?.attributes['http.response.status_code'], 200)
})

/** With nobody, and with somebody who looks at spans between their end and their encoding; and what the status is then. */
const LOOKING: readonly (readonly [env: Record<string, string>, status: unknown])[] = [
  [{}, 200],
  [{ AUTOSPAN_REDACT_ATTRIBUTES: 'http.response.*' }, '[REDACTED]'],
  [{ OTEL_TRACES_EXPORTER: 'otlp,otlp/stdout' }, 200],
]

for (const [env, status] of LOOKING) {
  test(`a span is sent with what its end tells: ${JSON.stringify(env)}`, async (t) => {
    const sink = await startSink(t)
    const server = await start(t, 'http/server.mjs', { env: { ...sink.env, ...env } })
    await (await fetch(`${server.url}/hello`)).text()
    const { stdout } = await server.stop()
    const [span] = await sink.spans(1)
    assert.equal(span?.attributes['http.response.status_code'], status)
    if ('OTEL_TRACES_EXPORTER' in env) assert.match(stdout, /http\.response\.status_code/)
  })
}
