import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './harness/program.js'
import { startSink } from './harness/sink.js'

test('the demo draws traces through three processes, one of which fails, and ends by itself', async () => {
  const { code, stdout, stderr } = await demo({})
  assert.equal(code, 0, stdout + stderr)
  assert.equal(stderr, '')
  const traces = stdout.split('\n\n').filter((part) => part.startsWith('trace '))
  assert.equal(traces.length, 3, stdout)
  for (const line of [
    /^GET \/shop\/orders\/:id .*gateway +server +200/m,
    /^└─ GET .*gateway +client +200/m,
    /^ {3}└─ GET \/orders\/:id .*orders +server +200/m,
    /^ {6}└─ SELECT autospan_demo .*orders +client/m,
  ]) {
    assert.match(traces[0] ?? '', line)
  }
  for (const line of [/server +✗ 502/, /server +✗ 500 22P02/, /SELECT autospan_demo .*client +✗ 22P02/]) {
    assert.match(traces[2] ?? '', line)
  }
  const [first, slow] = traces.map((trace) => /^trace (\w{32}) · 4 spans/.exec(trace)?.[1])
  assert.match(traces[1] ?? '', /GET \/orders\/:id \/orders\/8 /)
  const ofOrders = stdout.split('\n').filter((line) => line.includes(' http.route=/orders/:id '))
  const [, led] =
    /^ {2}2 × .* http\.route=\S+ http\.response\.status_code=200 {2}trace (\w+)$/.exec(ofOrders[0] ?? '') ?? []
  // On a machine that stands still the first one may be the slowest.
  const [, millis] = / orders +server +200 +([\d.]+) ms/.exec(traces[0] ?? '') ?? []
  assert.ok(led === slow || (led === first && !(Number(millis) < 250)), 'the exemplar leads to the slow trace')
  const logged = stdout.split('\n').find((line) => line.includes('"msg":"looking for saffron"')) ?? '{}'
  assert.equal(JSON.parse(logged).trace_id, slow)
  assert.match(stdout, /OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/localhost:4318 npm run demo/)
})

test('the demo passes its spans on to a collector that is given', async (t) => {
  const sink = await startSink(t)
  const { code, stdout } = await demo({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
  assert.equal(code, 0, stdout)
  const spans = await sink.spans(12)
  assert.deepEqual([...new Set(spans.map(({ resource }) => resource['service.name']))].sort(), ['gateway', 'orders'])
  assert.match(stdout, new RegExp(`The same spans went to ${sink.url}: accepted`))
})

async function demo(env: Record<string, string>): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const node = process.env.AUTOSPAN_TEST_NODE ?? process.execPath
  const child = spawn(node, [join(root, 'examples/demo.mjs')], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    timeout: 60_000,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}
