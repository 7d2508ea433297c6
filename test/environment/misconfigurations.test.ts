import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

/** Each wrong setting, what its line has to name, and whether spans still arrive at the collector that is meant. */
const wrong: [Record<string, string>, RegExp, boolean][] = [
  [{ OTEL_TRACES_EXPORTER: 'oltp' }, /OTEL_TRACES_EXPORTER="oltp".*did you mean otlp.*using otlp/, true],
  [
    { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'htpp,http' },
    /OTEL_NODE_ENABLED_INSTRUMENTATIONS="htpp,http".*"htpp".*did you mean http/,
    true,
  ],
  [
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protbuf' },
    /OTEL_EXPORTER_OTLP_PROTOCOL="http\/protbuf".*did you mean http\/protobuf.*using http\/protobuf/,
    true,
  ],
  [
    { OTEL_TRACES_SAMPLER: 'parentbased_alwayson' },
    /OTEL_TRACES_SAMPLER="parentbased_alwayson".*using parentbased_always_on/,
    true,
  ],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, /OTEL_TRACES_SAMPLER_ARG="2".*using 1/, true],
  [{ OTEL_EXPORTER_OTLP_ENDPIONT: 'x' }, /OTEL_EXPORTER_OTLP_ENDPIONT.*did you mean OTEL_EXPORTER_OTLP_ENDPOINT/, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '<host>' }, /OTEL_EXPORTER_OTLP_ENDPOINT="127.*using http:\/\/127/, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '<url>/v1/traces' }, /OTEL_EXPORTER_OTLP_ENDPOINT=".*\/v1\/traces/, true],
  [
    { OTEL_PROPAGATORS: 'tracecontxt,baggage' },
    /OTEL_PROPAGATORS="tracecontxt,baggage".*did you mean tracecontext/,
    true,
  ],
  [{ OTEL_BSP_SCHEDULE_DELAY: '5s' }, /OTEL_BSP_SCHEDULE_DELAY="5s".*using 5000/, true],
  [
    { OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'x leaf,x-root' },
    /CLIENT_CAPTURE_RESPONSE_HEADERS="x leaf,x-root" holds "x leaf".*using x-root/,
    true,
  ],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, /127\.0\.0\.1:1.*ECONNREFUSED/, false],
]
for (const [env, expected, arrives] of wrong) {
  test(`${Object.entries(env).join(' ')} is told in one line, and the program runs`, async (t) => {
    const sink = await startSink(t)
    const given = Object.entries(env).map(([name, value]) => [
      name,
      value.replace('<url>', sink.url).replace('<host>', sink.url.replace('http://', '')),
    ])
    const { stdout, stderr, code } = await run('boot/traced.mjs', {
      env: { ...sink.env, ...Object.fromEntries(given) },
    })
    const [start, ...lines] = stderr.trimEnd().split('\n')
    const told = /^autospan: [\d.]+ traces/.test(start ?? '') ? lines : [start, ...lines.slice(0, -1)]
    assert.equal(told.length, 1, stderr)
    assert.match(told[0] ?? '', expected)
    assert.deepEqual([stdout, code], ['', 0])
    assert.equal((await sink.settled()).length > 0, arrives)
  })
}
