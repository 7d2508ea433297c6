import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { blackHole } from '../harness/black-hole.js'
import { run, SLACK_MILLIS, start } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

/** Of a machine with an id that is no number of JavaScript's, and with an attribute that somebody has put JSON into. */
const GCP_METADATA = `{
  "instance": {
    "attributes": {"shop": "{\\"tills\\": 12345678901234567, \\"open\\": true}"},
    "id": 4520031799277581759,
    "zone": "projects/1/zones/europe-west3-b"
  },
  "project": {"projectId": "shop-1"}
}`

test('no argument of the program is told, and no metadata service asked', async (t) => {
  const sink = await startSink(t)
  await run('boot/traced.mjs', { env: sink.env, args: ['--password=secret'] })
  const [span] = await sink.spans(2)
  const keys = Object.keys(span?.resource ?? {})
  assert.ok(keys.includes('process.pid') && keys.includes('host.name') && keys.includes('service.instance.id'))
  assert.ok(!JSON.stringify(span?.resource).includes('secret'))
  assert.deepEqual(
    keys.filter((key) => key.startsWith('cloud.')),
    [],
  )
})

test('OTEL_NODE_RESOURCE_DETECTORS=gcp asks, in no span of the program, and all signals tell what is answered late', async (t) => {
  const sink = await startSink(t)
  const metadata = createServer().listen(0, '127.0.0.1')
  t.after(() => metadata.close())
  const asked = once(metadata, 'request').then(([{ socket }, answer]) => ({
    answer,
    told: once(socket, 'close'),
  }))
  await once(metadata, 'listening')
  const server = await start(t, 'logs/exceptions.mjs', {
    env: {
      ...sink.env,
      OTEL_NODE_RESOURCE_DETECTORS: 'gcp',
      GCE_METADATA_HOST: `127.0.0.1:${(metadata.address() as AddressInfo).port}`,
      OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs',
    },
  })
  await (await fetch(`${server.url}/fail`)).text()
  const { answer, told } = await asked
  answer.end(GCP_METADATA)
  await told
  await (await fetch(`${server.url}/fail`)).text()
  await server.stop()
  const spans = await sink.settled()
  assert.deepEqual([spans.length, sink.logs.length], [2, 2])
  for (const last of [spans[1], sink.logs[1], sink.metrics.at(-1)]) {
    assert.equal(last?.resource['cloud.account.id'], 'shop-1')
    assert.equal(last?.resource['host.id'], '4520031799277581759')
    assert.equal(last?.resource['process.pid'], undefined)
  }
})

test('a metadata service that does not answer holds neither start nor end', async (t) => {
  const sink = await startSink(t)
  const metadata = createServer(() => {}).listen(0, '127.0.0.1')
  t.after(() => metadata.close())
  await once(metadata, 'listening')
  const { millis, stderr } = await run('boot/plain.mjs', {
    env: {
      ...sink.env,
      OTEL_NODE_RESOURCE_DETECTORS: 'all',
      GCE_METADATA_HOST: `127.0.0.1:${(metadata.address() as AddressInfo).port}`,
      AZURE_METADATA_ENDPOINT: 'http://127.0.0.1:1',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1',
    },
  })
  assert.ok(millis < 1000 + SLACK_MILLIS, `${millis} ms`)
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
})

test('metadata services that cannot be reached hold no end', async (t) => {
  const port = await blackHole(t)
  const { stdout, millis } = await run('exit/dialling.mjs', {
    env: {
      CONNECTIONS: '3',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'all',
      GCE_METADATA_HOST: `127.0.0.1:${port}`,
      AZURE_METADATA_ENDPOINT: `http://127.0.0.1:${port}`,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
    },
  })
  assert.equal(stdout, 'ended\n')
  assert.ok(millis < 1000 + SLACK_MILLIS, `${millis} ms`)
})
