import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { autospan } from '../cli/cli.js'
import { temporaryFolder } from '../harness/folder.js'
import { file as allTests } from '../harness/owner.js'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const folder = temporaryFolder(allTests)

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const WORKING = `
file_format: "1.0"
resource:
  attributes: [{name: service.name, value: "\${NAME}"}, {name: team.size, value: 3}]
propagator: {composite: [{tracecontext: }]}
tracer_provider:
  processors: [{batch: {exporter: {otlp_http: {endpoint: "\${SINK}/v1/traces", encoding: json}}}}]
`

test('OTEL_CONFIG_FILE configures the agent, and other variables do not', async (t) => {
  const sink = await startSink(t)
  const { stderr } = await run('boot/traced.mjs', {
    env: {
      OTEL_CONFIG_FILE: file('working.yaml', WORKING),
      SINK: sink.url,
      NAME: 'shop',
      OTEL_SERVICE_NAME: 'other',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    },
  })
  const [span] = await sink.spans(2)
  assert.equal(span?.resource['service.name'], 'shop')
  assert.equal(Number(span?.resource['team.size']), 3)
  assert.equal(sink.requests[0]?.headers['content-type'], 'application/json')
  const [ignored, started, ...others] = stderr.trimEnd().split('\n')
  assert.match(
    ignored ?? '',
    /^autospan: OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT ignored, for OTEL_CONFIG_FILE=/,
  )
  assert.match(started ?? '', /traces shop/)
  assert.deepEqual(others, [])
})

test('views of the file decide what becomes of metrics, of the program and of the agent', async (t) => {
  const sink = await startSink(t)
  const text = `
file_format: "1.0"
propagator: {composite: [{tracecontext: }]}
meter_provider:
  readers: [{periodic: {exporter: {otlp_http: {endpoint: "${sink.url}/v1/metrics"}}}}]
  views:
    - {selector: {instrument_name: shop.stock}, stream: {aggregation: {drop: }}}
    - {selector: {instrument_name: shop.orders}, stream: {name: orders, attribute_keys: {excluded: [kind]}}}
    - selector: {instrument_type: histogram, unit: g}
      stream: {aggregation: {explicit_bucket_histogram: {boundaries: [60]}}}
`
  const env = { OTEL_CONFIG_FILE: file('views.yaml', text), DOOR: 'the empty event loop' }
  // Which a busy machine has time to measure.
  const off = { OTEL_INSTRUMENTATION_RUNTIME_NODE_ENABLED: 'false' }
  const { stderr } = await run('metrics/shop.mjs', { env: { ...env, ...off } })
  await sink.settled()
  assert.deepEqual(
    sink.metrics.map(({ name, points }) => [name, points.map((point) => point.bucketCounts ?? point.value)]),
    [
      ['orders', [3]],
      ['shop.order.weight', [[1, 1]]],
    ],
  )
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
})

test('with a file that cannot be used the program runs untraced, and one line says why', async (t) => {
  const sink = await startSink(t)
  const { stdout, stderr, code } = await run('boot/untouched.cjs', {
    env: {
      OTEL_CONFIG_FILE: file('broken.yaml', 'file_format: "1.0"\n\ttabs: 1'),
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    },
  })
  const { patched, registry, timersAndSockets } = JSON.parse(stdout)
  assert.deepEqual([patched, registry, timersAndSockets, code], [0, true, [], 0])
  assert.match(
    stderr,
    /^autospan: OTEL_CONFIG_FILE=".*broken\.yaml" cannot be used: .*\(line 2, column 1\); the agent is not started\n$/,
  )
  assert.equal(sink.requests.length, 0)
})

test('disabled: true starts nothing, and says nothing', async () => {
  const env = { OTEL_CONFIG_FILE: file('disabled.yaml', 'file_format: "1.0"\ndisabled: true') }
  assert.equal((await run('boot/plain.mjs', { env })).stderr, '')
})

test('the doctor tells where in the file a setting is from', async (t) => {
  const sink = await startSink(t)
  const env = { OTEL_CONFIG_FILE: file('doctor.yaml', WORKING), SINK: sink.url, NAME: 'shop' }
  const { stdout, code } = await autospan(['doctor'], { env })
  assert.match(stdout, /OTEL_PROPAGATORS +tracecontext +doctor\.yaml:5:14 propagator\.composite\n/)
  assert.match(stdout, /OTEL_CONFIG_FILE +.*doctor\.yaml +environment\n/)
  assert.match(stdout, /✓ a test span was taken/)
  assert.equal(code, 0, stdout)
  const broken = await autospan(['doctor'], { env: { OTEL_CONFIG_FILE: file('broken.yaml', 'a: [') } })
  assert.match(broken.stdout, /✗ OTEL_CONFIG_FILE=.*cannot be used/)
  assert.equal(broken.code, 1)
})
